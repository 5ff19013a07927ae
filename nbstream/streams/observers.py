"""Call those who want to know of a change; each thread may come and go."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .tracebacks import remove_our_frames

_log = logging.getLogger("nbstream")


class Observers:
    """Functions to be called without arguments.

    Args:
        of: what they observe, for the log.
    """

    def __init__(self, of: object) -> None:
        self._of = of
        self._lock = threading.Lock()
        self._calls: tuple[Callable[[], None], ...] = ()

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call this from now on. Returns a function that stops it."""
        with self._lock:
            self._calls += (call,)

        def stop() -> None:
            with self._lock:
                self._calls = tuple(other for other in self._calls if other is not call)

        return stop

    def notify(self) -> None:
        """Call all. An observer's fault is its own: it is logged, and must not be taken
        for a fault of what it observes."""
        for call in self._calls:
            try:
                call()
            except Exception as error:
                remove_our_frames(error)
                _log.exception("An observer of %r raised", self._of)
