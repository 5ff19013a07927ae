"""Event loops in background threads: streams there go on, and can be cancelled, while
a cell computes and the kernel's loop stands still.

User code runs in these loops too, and a coroutine that computes or sleeps without
`await` holds its loop up. Nothing here waits for a held loop without a bound: neither
the start of the next stream nor the end of all may depend on it.
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

# A loop that has not begun a call after so many seconds is held up. The caller is the
# kernel's main thread, so it must not be long; a mistake costs one thread more.
_ANSWERS_WITHIN = 1.0
# How long the end of a loop's streams may take, in seconds.
_ENDS_WITHIN = 2.0

_OWN = os.path.dirname(os.path.dirname(__file__)) + os.sep
_LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}

_log = logging.getLogger("nbstream")


class LoopHeld(Exception):
    """A loop did not begin a call in time."""


class BackgroundLoop:
    """An event loop in a daemon thread, started at once; it closes itself."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ending: asyncio.Task[None] | None = None
        self._thread = threading.Thread(
            target=self._run, name="nbstream loop", daemon=True
        )
        self._thread.start()

    def call(self, make: Callable[[], T], within: float | None = _ANSWERS_WITHIN) -> T:
        """The result of a function that is called in the loop, in the caller's context:
        what it begins there belongs to the caller's cell.

        Args:
            make: the function.
            within: seconds in which it must begin; None where nothing can be in its
                way, as in a new loop.

        Raises:
            LoopHeld: if it was not begun in time; then it never will be.
        """
        made: Future[T] = Future()

        def call() -> None:
            if not made.set_running_or_notify_cancel():
                return  # too late
            try:
                made.set_result(make())
            except BaseException as error:
                made.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        try:
            return made.result(within)
        except TimeoutError:
            if made.cancel():
                raise LoopHeld from None
            return made.result()

    def holder(self) -> str:
        """What runs in the loop right now: the task, and the line of the user's code
        that it is at. Empty if nothing does."""
        task = asyncio.current_task(self._loop)
        frame = sys._current_frames().get(self._thread.ident or 0)
        if task is None or frame is None:
            return ""
        user = _users_frame(frame)
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
        """Close it as soon as its tasks have ended by themselves. Does not wait."""
        self._end(cancel=False)

    def close(self) -> None:
        """Cancel its tasks and close it.

        Raises:
            LoopHeld: if it still runs after 2 s. It closes itself once it can.
        """
        self._end(cancel=True)
        self._thread.join(_ENDS_WITHIN)
        if self._thread.is_alive():
            raise LoopHeld

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

        def begin() -> None:
            # Whoever comes last decides: retired is not yet closed.
            if self._ending is not None:
                self._ending.cancel()
            self._ending = self._loop.create_task(end(), name="nbstream loop's end")

        with contextlib.suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(begin)


class BackgroundLoops:
    """Runs streams in one background loop, and in a new one while that is held up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: BackgroundLoop | None = None
        self._held: list[BackgroundLoop] = []

    def call(self, make: Callable[[], T]) -> T:
        """The result of a function that is called in a loop that answers."""
        if self.runs_here:
            return make()
        with self._lock:
            if self._loop is None:
                self._loop = BackgroundLoop()
            try:
                return self._loop.call(make)
            except LoopHeld:
                _log.warning(
                    "The background loop is held up (by %s). This stream runs in a new "
                    "one; those of the old one go on when it is free. Code in a "
                    "coroutine should await, or run in asyncio.to_thread.",
                    self._loop.holder() or "other work of this process",
                )
            self._loop.retire()
            self._held = [loop for loop in self._held if loop.alive]
            self._held.append(self._loop)
            self._loop = BackgroundLoop()
            return self._loop.call(make, within=None)

    @property
    def runs_here(self) -> bool:
        """Whether this is the thread of one of the loops."""
        current = self._loop
        return any(loop.runs_here for loop in (*self._held, current) if loop)

    def close(self) -> None:
        """Cancel what runs, and close every loop. One that is held up after 2 s is left
        to close itself, with a warning that names what holds it."""
        with self._lock:
            loops = [*self._held, *([self._loop] if self._loop else [])]
            self._held, self._loop = [], None
        for loop in loops:
            try:
                loop.close()
            except LoopHeld:
                _log.warning(
                    "A background thread is left behind, held up by %s. It ends when "
                    "that does.",
                    loop.holder() or "a task that does not end when cancelled",
                )


def _users_frame(frame: FrameType) -> FrameType:
    """The outermost frame of the user's code on this stack; the innermost of all if
    there is none."""
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
