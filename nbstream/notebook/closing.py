"""Closing after the end: what shows a stream must outlast it by a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from ..streams.handle import Stream

# A cancelled stream ends at its next `await`; the user's own `finally` may take longer.
_ENDS_WITHIN = 3.0

_log = logging.getLogger("nbstream")
# A loop holds its tasks weakly.
_waiting: set[asyncio.Task[None]] = set()


def close_when_ended(streams: Sequence[Stream], release: Callable[[], None]) -> None:
    """Call `release()` once these cancelled streams have ended, or after 3 s.

    The caller's loop is the one that most of them end in, so it is not held: where one
    runs, this returns before. Where none runs, nothing can end any more, and
    `release()` is called at once.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        release()
        return
    if all(stream.join(0) for stream in streams):
        release()
        return

    async def close() -> None:
        ends = [asyncio.ensure_future(stream.wait()) for stream in streams]
        _, pending = await asyncio.wait(ends, timeout=_ENDS_WITHIN)
        for end in pending:
            end.cancel()
        held = [stream.name for stream in streams if not stream.join(0)]
        if held:
            _log.warning(
                "%s did not end within %g s of being cancelled: code there does not "
                "await, or ignores it. What came so far was left in the notebook.",
                ", ".join(held),
                _ENDS_WITHIN,
            )
        release()

    task = loop.create_task(close(), name="nbstream closing")
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)
