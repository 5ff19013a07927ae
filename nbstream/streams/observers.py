"""Observers: functions to call at a change, added and removed from any thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .tracebacks import remove_our_frames

_log = logging.getLogger("nbstream")


class Observers:
    """Functions to be called without arguments.

    Args:
        subject: what they observe, for the log.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._lock = threading.Lock()
        self._calls: tuple[Callable[[], None], ...] = ()

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, call: Callable[[], None]) -> Callable[[], None]:
        """Add a function. Returns one that removes it."""
        with self._lock:
            self._calls += (call,)

        def remove() -> None:
            with self._lock:
                self._calls = tuple(other for other in self._calls if other is not call)

        return remove

    def notify(self) -> None:
        """Call all. The error of an observer is logged and not raised: it is not the
        subject's."""
        for call in self._calls:
            try:
                call()
            except Exception as error:
                remove_our_frames(error)
                _log.exception("An observer of %s raised", self._subject)
