"""The ordinary output of an ended stream, made once: writing it out takes long."""

from __future__ import annotations

import threading
from sys import getsizeof

from ..content.mimebundle import MimeBundle


class FrozenOutputs:
    """Outputs by their limit in bytes, a store of a budget: they can be made again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[int, MimeBundle] = {}
        self.size = 0
        """About how many bytes of memory they hold."""

    def __contains__(self, limit: int) -> bool:
        return limit in self._made

    def get(self, limit: int) -> MimeBundle | None:
        """Return a copy of the output that was made with this limit; None if none is
        kept."""
        made = self._made.get(limit)
        return None if made is None else made.copy()

    def keep(self, limit: int, made: MimeBundle) -> None:
        """Keep an output."""
        with self._lock:
            self._made[limit] = made.copy()
            self._measure()

    def let_go(self, excess: int) -> None:
        """Let all go if any has to."""
        if excess > 0:
            with self._lock:
                self._made = {}
                self._measure()

    def _measure(self) -> None:
        forms = [form for made in self._made.values() for form in made.values()]
        self.size = sum(map(getsizeof, forms))
