"""Live streams in notebooks.

In a notebook:

    %load_ext nbstream
    %stream https://host/events

and from Python:

    stream = nbstream.stream("https://host/events")
    await stream
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .blocks import Limits
from .errors import (
    BundleMissing,
    ConnectionFailed,
    ConnectionLost,
    EventTooLarge,
    NbstreamError,
    RecordingInvalid,
    RecordingUnavailable,
    StreamClosed,
    StreamFailed,
)
from .notebook import Notebook
from .sources import source_of
from .sse import ServerSentEvent
from .stream import Stream

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .sse import EventSource

__version__ = version("nbstream")

__all__ = [
    "BundleMissing",
    "ConnectionFailed",
    "ConnectionLost",
    "EventSource",
    "EventTooLarge",
    "Limits",
    "NbstreamError",
    "RecordingInvalid",
    "RecordingUnavailable",
    "ServerSentEvent",
    "Stream",
    "StreamClosed",
    "StreamFailed",
    "load_ipython_extension",
    "stream",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    if name == "EventSource":  # imported when it is first asked for; see sse
        from .sse import EventSource

        return EventSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def stream(
    source: Any,
    *,
    name: str | None = None,
    label: str | None = None,
    dialect: str = "auto",
    view: str = "auto",
    limits: Limits | None = None,
    record: str | os.PathLike[str] | None = None,
    thread: bool = False,
    **connection: Any,
) -> Stream:
    """Follow a stream, from Python.

    The handle shows its live panel where a notebook displays it: as the last
    expression of a cell, or by `display(handle)`.

    Args:
        source: a URL, `replay:FILE`, an async iterator, or a plain iterator.
        name: what to call it; by default `s1`, `s2`, …
        label: what to say is followed; by default the URL without credentials.
        dialect: what the events mean: `auto`, `standard`, `anthropic` or `openai`.
        view: what to show the content as: `text`, `log`, `table`, `chart` or `json`;
            by default each part as what it says it is.
        limits: how much to keep.
        record: a file to write every event to, with its time.
        thread: run in a thread beside the notebook's loop, where the stream goes on,
            and can be cancelled, while a cell computes.
        connection: for a URL, as `EventSource` takes it: method, headers, content,
            json, client, retries, idle_timeout, …; for `replay:FILE`, its `speed`.

    Raises:
        TypeError: if the source cannot be followed.
    """
    make = partial(
        Stream,
        source_of(source, label=label, record=record, **connection),
        dialect=dialect,
        view=view,
        name=name,
        limits=limits,
    )
    notebook = Notebook.here()
    if notebook is not None:
        # A tool that runs notebooks keeps an output as it is when its cell ends, and a
        # cell can only wait for what does not need the kernel's own loop.
        beside = notebook.host == "headless" and not isinstance(source, AsyncIterable)
        return notebook.begin(make, in_thread=thread or beside)
    if thread:
        raise RuntimeError(
            "Expected a notebook for thread=True; elsewhere, run a loop in a thread "
            "of your own."
        )
    return make()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext nbstream`: the magics, and the hooks that tie streams to cells."""
    from .magics import StreamMagics

    shell.register_magics(StreamMagics(shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext nbstream`: cancels every stream and takes everything away."""
    magics = shell.magics_manager.registry.pop("StreamMagics", None)
    if magics is not None:
        magics.close()
