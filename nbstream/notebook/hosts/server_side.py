"""A Jupyter server that runs cells itself: jupyter-server-documents."""

from __future__ import annotations

from ..outputs.displays import Bundle, ClearedDisplays, Displayed
from .kernel import PageHost
from .surroundings import Surroundings


class ServerSide(PageHost):
    """Sends cells without an id and without input, as nbclient does, to a kernel that a
    Jupyter server started for a notebook.

    It drops what is displayed after the cell, so cells wait; it adds an output for each
    display update, so the outputs of the cell are cleared; and it leaves its cells
    untrusted, where no panel is drawn. What it is sent it keeps without a page.
    """

    name = "server-side"
    updates_outputs_after_cell = False
    waits = True

    def __init__(self) -> None:
        self._displays = ClearedDisplays()

    def is_detected(self, here: Surroundings) -> bool:
        named = here.cell is not None or here.takes_input
        return here.in_session and here.has_request and not named

    def display(self, data: Bundle, metadata: Bundle) -> Displayed:
        return self._displays.display(data, metadata)
