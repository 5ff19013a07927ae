"""Cache the ordinary output of an ended stream: writing it takes long."""

from __future__ import annotations

import threading
from sys import getsizeof

from ...content.mimebundle import MimeBundle


class OutputCache:
    """Outputs by their limit in bytes; a store of the memory budget, which may drop
    them, since they can be written again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outputs: dict[int, MimeBundle] = {}
        self.size = 0
        """About how many bytes of memory they hold."""

    def __contains__(self, limit: int) -> bool:
        return limit in self._outputs

    def get(self, limit: int) -> MimeBundle | None:
        """Return a copy of the output with this limit; None if none is cached."""
        output = self._outputs.get(limit)
        return None if output is None else output.copy()

    def keep(self, limit: int, output: MimeBundle) -> None:
        """Cache an output."""
        with self._lock:
            self._outputs[limit] = output.copy()
            self._measure()

    def evict(self, excess: int) -> None:
        """Drop all outputs if any bytes have to go."""
        if excess > 0:
            with self._lock:
                self._outputs = {}
                self._measure()

    def _measure(self) -> None:
        texts = [text for output in self._outputs.values() for text in output.values()]
        self.size = sum(map(getsizeof, texts))
