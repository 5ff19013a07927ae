"""Refresh an output while no page draws its panel: in a notebook that is not trusted,
or in a front end without widgets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ...streams.event_loops import call_in
from ...streams.event_loops.worker_thread import run_in_thread

# Seconds between two refreshes, and the share of the time that making one may take.
_INTERVAL = 1.0
_SHARE = 0.05

_log = logging.getLogger("nbstream")
T = TypeVar("T")


class Refresher(Generic[T]):
    """Makes what there is to show about once a second, and shows it, until stopped.

    Args:
        loop: the event loop.
        make: returns what to show; in a worker thread, for it may take long.
        show: shows it; in the loop.
        is_needed: returns whether to refresh, given the seconds since the start; None
            if that is not known, as when no message of a page could arrive, and such
            time does not count.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        make: Callable[[], T],
        show: Callable[[T], None],
        is_needed: Callable[[float], bool | None],
    ) -> None:
        self._loop = loop
        self._make = make
        self._show = show
        self._is_needed = is_needed
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        call_in(loop, self._start)

    def stop(self) -> None:
        """Refresh no more; on any thread."""
        self._stopped = True
        call_in(self._loop, self._cancel)

    def _start(self) -> None:
        if not self._stopped and not self._loop.is_closed():
            name = "nbstream refreshing"
            self._task = self._loop.create_task(self._run(), name=name)

    def _cancel(self) -> None:
        if self._task is not None and not self._loop.is_closed():
            self._task.cancel()

    async def _run(self) -> None:
        waited, wait = 0.0, _INTERVAL
        while True:
            await asyncio.sleep(wait)
            wait = _INTERVAL
            needed = self._is_needed(waited + _INTERVAL)
            if needed is not None:
                waited += _INTERVAL
            if needed:
                started = time.perf_counter()
                await self._refresh()
                wait = max(wait, (time.perf_counter() - started) / _SHARE)

    async def _refresh(self) -> None:
        try:
            self._show(await run_in_thread(self._make))
        except Exception:
            # The stream, and the output at its end, do not depend on it.
            _log.exception("An output could not be refreshed")
