"""Close the widgets of cancelled streams once these have ended and their outputs are
frozen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from ..streams.event_loops import running_loop
from ..streams.handle import Stream

# Seconds that a cancelled stream may take: it ends at its next `await`, or after the
# user's own `finally`.
_ENDS_WITHIN = 3.0

_log = logging.getLogger("nbstream")
# An event loop holds its tasks weakly.
_tasks: set[asyncio.Task[None]] = set()


def close_when_ended(streams: Sequence[Stream], release: Callable[[], None]) -> None:
    """Call `release()` once these cancelled streams have ended, or after 3 s.

    Most of them end in the caller's event loop, so this does not block it but returns
    at once. Where no loop runs, no stream can end any more, and `release()` is called
    immediately.
    """
    loop = running_loop()
    if loop is None or all(stream.join(0) for stream in streams):
        release()
        return

    async def close() -> None:
        ends = [asyncio.ensure_future(stream.wait()) for stream in streams]
        _, pending = await asyncio.wait(ends, timeout=_ENDS_WITHIN)
        for end in pending:
            end.cancel()
        running = [stream.name for stream in streams if not stream.join(0)]
        if running:
            _log.warning(
                "%s did not end within %g s of being cancelled: code there does not "
                "await, or ignores it. What had been received is left in the notebook.",
                ", ".join(running),
                _ENDS_WITHIN,
            )
        release()

    task = loop.create_task(close(), name="nbstream closing")
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
