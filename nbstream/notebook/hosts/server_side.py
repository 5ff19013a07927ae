"""A Jupyter server that runs cells itself: jupyter-server-documents."""

from __future__ import annotations

from .kernel import PageHost
from .surroundings import Surroundings


class ServerSide(PageHost):
    """Sends cells without an id and without input, as nbclient does, to a kernel that a
    Jupyter server started for a notebook. It puts a display update under the cell that
    runs, whichever cell it is for, so cells wait for their streams."""

    name = "server-side"
    updates_outputs_after_cell = False
    waits = True

    def is_detected(self, here: Surroundings) -> bool:
        named = here.cell is not None or here.takes_input
        return here.in_session and not named
