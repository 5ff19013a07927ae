"""JupyterLite: a page whose kernel runs in the browser, in Pyodide."""

from __future__ import annotations

from typing import Any

from .kernel import PageHost
from .surroundings import Surroundings


class Lite(PageHost):
    """Has no threads. Its comms are not ipykernel's, so panels send by the widget's own
    `send`."""

    name = "lite"
    has_threads = False

    def is_detected(self, here: Surroundings) -> bool:
        return not here.has_threads

    def sender_of(self, comm: Any) -> None:
        return None
