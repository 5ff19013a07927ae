"""Live streams in notebooks.

In a notebook:

    %load_ext nbstream
    %stream https://host/events

and from Python:

    stream = nbstream.stream("https://host/events")
    await stream
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .api import ask, stream
from .errors import (
    AnswerInvalid,
    BodiesStillRunning,
    BundleMissing,
    ConnectionFailed,
    ConnectionLost,
    EventTooLarge,
    KeyMissing,
    NbstreamError,
    RecordingInvalid,
    RecordingUnavailable,
    StreamClosed,
    StreamFailed,
)
from .limits import Limits
from .models import Access, Comparison, ModelStream
from .sse import ServerSentEvent
from .streams.handle import Stream

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .sse import EventSource

__version__ = version("nbstream")

__all__ = [
    "Access",
    "AnswerInvalid",
    "BodiesStillRunning",
    "BundleMissing",
    "Comparison",
    "ConnectionFailed",
    "ConnectionLost",
    "EventSource",
    "EventTooLarge",
    "KeyMissing",
    "Limits",
    "ModelStream",
    "NbstreamError",
    "RecordingInvalid",
    "RecordingUnavailable",
    "ServerSentEvent",
    "Stream",
    "StreamClosed",
    "StreamFailed",
    "ask",
    "load_ipython_extension",
    "stream",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name == "EventSource":  # imported when it is first asked for; see sse
        from .sse import EventSource

        return EventSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Load the magics and the hooks that tie streams to cells: `%load_ext nbstream`."""
    from .magics.stream_magics import StreamMagics

    shell.register_magics(StreamMagics(shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Cancel every stream and remove everything: `%unload_ext nbstream`."""
    magics = shell.magics_manager.registry.pop("StreamMagics", None)
    if magics is not None:
        magics.close()
