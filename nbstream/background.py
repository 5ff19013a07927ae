"""A loop of its own, in one background thread: streams there go on, and can be
cancelled, while a cell computes and the kernel's loop stands still.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """An event loop in a daemon thread, started at once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="nbstream loop", daemon=True
        )
        self._thread.start()

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the loop, in the caller's context: what it begins there
        belongs to the caller's cell."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @property
    def runs_here(self) -> bool:
        """Whether this is the loop's thread, which must not wait for the loop."""
        return threading.current_thread() is self._thread

    def call(self, make: Callable[[], T]) -> T:
        """The result of a function that is called in the loop."""
        if self.runs_here:
            return make()

        async def called() -> T:
            return make()

        return self.begin(called()).result()

    def close(self) -> None:
        """Let its tasks end, and stop."""

        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.begin(end()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
