"""Google Colab: a page that only listens to its panels while their cell runs."""

from __future__ import annotations

from .kernel import KernelHost
from .surroundings import Surroundings


class Colab(KernelHost):
    """Shows no update of a widget whose cell has ended, so cells wait; and drops
    messages that name no request, so panels send by the widget's own `send`."""

    name = "colab"
    draws_panels = True
    shows_while_running = True
    updates_outputs_after_cell = True
    waits = True

    def is_detected(self, here: Surroundings) -> bool:
        return "google.colab" in here.modules
