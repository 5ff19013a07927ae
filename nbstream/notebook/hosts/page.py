"""A page with the notebook in it: JupyterLab, Notebook 7, VS Code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...display.widget.ipykernel_comm import sender_without_parent
from .base import Surroundings
from .kernel import KernelHost


class Page(KernelHost):
    """Names its cells or takes input, and draws widgets at any time."""

    name = "page"
    draws_panels = True
    updates_outputs_after_cell = True
    waits = False

    def is_detected(self, here: Surroundings) -> bool:
        return True

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return sender_without_parent(comm)
