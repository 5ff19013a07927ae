"""Voilà: a notebook as a dashboard, whose page opens when all its cells have run."""

from __future__ import annotations

from .kernel import PageHost
from .surroundings import Surroundings


class Voila(PageHost):
    """Runs cells as nbclient does, without a cell's id and without input, but then
    draws widgets in its page. So no cell may wait for an endless stream."""

    name = "voila"

    def is_detected(self, here: Surroundings) -> bool:
        software = here.environment.get("SERVER_SOFTWARE", "")
        return software.startswith("voila/") or any(
            name.startswith("VOILA_") for name in here.environment
        )
