"""Refresh an output by display updates while no page draws its panel: in a notebook
that is not trusted, or in a front end without widgets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ...streams.event_loops import call_in

# Seconds between two refreshes, and the share of the event loop that they may take.
_INTERVAL = 1.0
_SHARE = 0.05

_log = logging.getLogger("nbstream")


class Refresher:
    """Calls `refresh()` about once a second, until stopped.

    Args:
        loop: the event loop to call it in.
        refresh: shows what there is now; called only while it is needed.
        is_needed: returns whether to refresh, given the seconds since the start; None
            if that is not known, as when no message of a page could arrive, and such
            time does not count.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        refresh: Callable[[], None],
        is_needed: Callable[[float], bool | None],
    ) -> None:
        self._loop = loop
        self._refresh = refresh
        self._is_needed = is_needed
        self._waited = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        call_in(loop, self._schedule, _INTERVAL)

    def stop(self) -> None:
        """Refresh no more; on any thread."""
        self._stopped = True
        call_in(self._loop, self._cancel)

    def _schedule(self, seconds: float) -> None:
        if not self._stopped:
            self._timer = self._loop.call_later(seconds, self._on_timer)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _on_timer(self) -> None:
        if self._stopped:
            return
        wait = _INTERVAL
        needed = self._is_needed(self._waited + _INTERVAL)
        if needed is not None:
            self._waited += _INTERVAL
        if needed:
            started = time.perf_counter()
            try:
                self._refresh()
            except Exception:
                # The stream, and the output at its end, do not depend on it.
                _log.exception("An output could not be refreshed")
            wait = max(wait, (time.perf_counter() - started) / _SHARE)
        self._schedule(wait)
