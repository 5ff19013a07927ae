"""Warn about a stream that nothing has started, as Python does about a coroutine that
was never awaited."""

from __future__ import annotations

import sys
import warnings
import weakref
from typing import TYPE_CHECKING

from .timing import Timing
from .tracebacks import is_ours

if TYPE_CHECKING:
    from .handle import Stream


def warn_if_never_started(stream: Stream) -> None:
    """Warn when the stream is collected, or the interpreter exits, unless it was
    started or cancelled by then. The warning names the line of the caller's code."""
    frame = sys._getframe()
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    message = (
        f"The stream {stream.name} of {stream.label} was never started, for no event "
        "loop runs here. `.run()` follows it to its end; in a coroutine, await it."
    )
    # Only the times: whatever this holds stays until the stream is collected.
    weakref.finalize(
        stream,
        _warn,
        stream.timing,
        message,
        frame.f_code.co_filename,
        frame.f_lineno,
    )


def _warn(timing: Timing, message: str, filename: str, line: int) -> None:
    if timing.started is None and not timing.has_ended:
        warnings.warn_explicit(message, RuntimeWarning, filename, line)
