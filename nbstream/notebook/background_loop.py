"""Event loops in background threads: streams in them continue, and can be cancelled,
while a cell computes and blocks the kernel's event loop.

User code runs in these loops too, and a coroutine that computes or sleeps without
`await` blocks its loop. Nothing here waits for a blocked loop without a timeout:
neither the start of the next stream nor the end of all may depend on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

# Seconds after which a loop that has not started a call counts as blocked: few, for the
# kernel's main thread waits, and a mistake only costs one thread more.
_STARTS_WITHIN = 1.0
# Seconds that the streams of a loop may take to end.
_ENDS_WITHIN = 2.0

_OWN = os.path.dirname(os.path.dirname(__file__)) + os.sep
_LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}

_log = logging.getLogger("nbstream")


class LoopBlocked(Exception):
    """A loop did not respond in time."""


class BackgroundLoop:
    """An event loop in a daemon thread, started at once; it closes itself."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ending: asyncio.Task[None] | None = None
        self._thread = threading.Thread(
            target=self._run, name="nbstream loop", daemon=True
        )
        self._thread.start()

    def call(
        self, function: Callable[[], T], within: float | None = _STARTS_WITHIN
    ) -> T:
        """Call a function in the loop, in the caller's context, so that the tasks that
        it starts belong to the caller's cell. Returns its result.

        Args:
            function: called without arguments.
            within: seconds in which the call must start; None where nothing can block
                it, as in a new loop.

        Raises:
            LoopBlocked: if it did not start in time; then it never will.
        """
        result: Future[T] = Future()

        def call() -> None:
            if not result.set_running_or_notify_cancel():
                return  # too late
            try:
                result.set_result(function())
            except BaseException as error:
                result.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        try:
            return result.result(within)
        except TimeoutError:
            if result.cancel():
                raise LoopBlocked from None
            return result.result()

    def describe_blocker(self) -> str:
        """Return what runs in the loop right now: the task, and the line of the user's
        code that it is at. Empty if nothing does."""
        task = asyncio.current_task(self._loop)
        frame = sys._current_frames().get(self._thread.ident or 0)
        if task is None or frame is None:
            return ""
        user = _find_user_frame(frame)
        return f"{task.get_name()}, at line {user.f_lineno} of {user.f_code.co_name}()"

    @property
    def runs_here(self) -> bool:
        """Whether this is the loop's thread, which must not wait for the loop."""
        return threading.current_thread() is self._thread

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def retire(self) -> None:
        """Close it once its tasks have ended by themselves. Does not wait."""
        self._end(cancel=False)

    def close(self) -> None:
        """Cancel its tasks and close it.

        Raises:
            LoopBlocked: if it still runs after 2 s. It closes itself later.
        """
        self._end(cancel=True)
        self._thread.join(_ENDS_WITHIN)
        if self._thread.is_alive():
            raise LoopBlocked

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _end(self, *, cancel: bool) -> None:
        async def end() -> None:
            while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
                for task in tasks if cancel else ():
                    task.cancel()
                await asyncio.wait(tasks)
            await self._loop.shutdown_asyncgens()
            self._loop.stop()

        def start() -> None:
            # The last call decides: a retired loop may still be closed.
            if self._ending is not None:
                self._ending.cancel()
            self._ending = self._loop.create_task(end(), name="nbstream loop's end")

        with contextlib.suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(start)


class BackgroundLoops:
    """Runs streams in one background loop, and in a new one while that is blocked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: BackgroundLoop | None = None
        self._blocked: list[BackgroundLoop] = []

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in a loop that is not blocked. Returns its result."""
        if self.runs_here:
            return function()
        with self._lock:
            if self._loop is None:
                self._loop = BackgroundLoop()
            try:
                return self._loop.call(function)
            except LoopBlocked:
                _log.warning(
                    "The background loop is held up (by %s). This stream runs in a new "
                    "one; those of the old one go on when it is free. Code in a "
                    "coroutine should await, or run in asyncio.to_thread.",
                    self._loop.describe_blocker() or "other work of this process",
                )
            self._loop.retire()
            self._blocked = [loop for loop in self._blocked if loop.alive]
            self._blocked.append(self._loop)
            self._loop = BackgroundLoop()
            return self._loop.call(function, within=None)

    @property
    def runs_here(self) -> bool:
        """Whether this is the thread of one of the loops."""
        current = self._loop
        return any(loop.runs_here for loop in (*self._blocked, current) if loop)

    def close(self) -> None:
        """Cancel every task and close every loop. One that is blocked after 2 s is left
        to close itself, with a warning that names what blocks it."""
        with self._lock:
            loops = [*self._blocked, *([self._loop] if self._loop else [])]
            self._blocked, self._loop = [], None
        for loop in loops:
            try:
                loop.close()
            except LoopBlocked:
                _log.warning(
                    "A background thread is left behind, held up by %s. It ends when "
                    "that does.",
                    loop.describe_blocker()
                    or "a task that does not end when cancelled",
                )


def _find_user_frame(frame: FrameType) -> FrameType:
    """Return the outermost frame of the user's code on this stack; the innermost of all
    if there is none."""
    found = None
    here: FrameType | None = frame
    while here is not None:
        file = here.f_code.co_filename
        if not file.startswith(_OWN) and not _is_library(file):
            found = here
        here = here.f_back
    return found or frame


def _is_library(file: str) -> bool:
    return file.startswith("<frozen") or any(file.startswith(p) for p in _LIBRARIES)
