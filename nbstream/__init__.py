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
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from . import models
from .content.blocks import Limits
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
from .models import Access, Comparison, Message, ModelStream, Question, Schema
from .notebook.session import Notebook
from .sources import receiving, source_of
from .sse import ServerSentEvent
from .sse.from_python.iteration import needs_loop
from .streams.handle import Stream
from .streams.size_gate import MAX_UNDERSTOOD
from .streams.tracebacks import without_our_frames

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .sse import EventSource

__version__ = version("nbstream")

S = TypeVar("S", bound=Stream)

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


@without_our_frames
def stream(
    source: Any,
    *,
    name: str | None = None,
    label: str | None = None,
    dialect: str = "auto",
    view: str = "auto",
    field: str | None = None,
    limits: Limits | None = None,
    record: str | os.PathLike[str] | None = None,
    max_time: float | None = None,
    max_event_size: int | str = MAX_UNDERSTOOD,
    thread: bool = False,
    **connection: Any,
) -> Stream:
    """Follow a stream, from Python.

    The handle shows its live panel where a notebook displays it: as the last
    expression of a cell, or by `display(handle)`.

    Args:
        source: a URL, `replay:FILE`, an async iterator, a plain iterator, the stream of
            an SDK such as `client.messages.stream(…)`, or a DataFrame.
        name: what to call it; by default `s1`, `s2`, …
        label: what to say is followed; by default the URL without credentials.
        dialect: what the events mean: `auto`, `standard`, `anthropic` or `openai`.
        view: what to show the content as: `text`, `log`, `table`, `chart` or `json`;
            by default each part as what it says it is.
        field: the path of the value to show of each event, such as `a.b.0.c`: text as
            it is, objects as rows. An event without it is shown as ever.
        limits: how much to keep.
        record: a file to write every event to, with its time.
        max_time: seconds after which it is stopped.
        max_event_size: the most characters of an event that is parsed, as a number or
            such as `4M`; a larger one is shown as it came, cut. Default 1 Mi.
        thread: run in a thread beside the notebook's loop, where the stream goes on,
            and can be cancelled, while a cell computes.
        connection: for a URL, as `EventSource` takes it: method, headers, content,
            json, client, retries, follow, idle_timeout, …; for `replay:FILE`, its
            `speed`.

    Raises:
        TypeError: if the source cannot be followed.
        ValueError: if an argument is not what it should be.
    """
    if isinstance(source, str):
        connection |= receiving(source, max_event_size)
    make = partial(
        Stream,
        source_of(source, label=label, record=record, **connection),
        dialect=dialect,
        view=view,
        field=field,
        name=name,
        limits=limits,
        max_time=max_time,
        max_event_size=max_event_size,
    )
    return _begun(make, thread=thread, in_loop=needs_loop(source))


@without_our_frames
def ask(
    model: str,
    prompt: str | Sequence[Message],
    *,
    system: str = "",
    max_tokens: int | None = None,
    temperature: float | None = None,
    thinking: int | None = None,
    schema: Any = None,
    params: Mapping[str, Any] | None = None,
    access: Access | None = None,
    record: str | os.PathLike[str] | None = None,
    thread: bool = False,
    **options: Any,
) -> ModelStream:
    """Ask a model, from Python; in a cell, `%%stream claude` does the same.

    Args:
        model: `claude`, `claude:MODEL`, or `openai:MODEL` for any server that speaks
            OpenAI's formats.
        prompt: the question; or a conversation whose last message is the question.
        system: what the model is told beforehand.
        max_tokens: the most tokens that the answer may take.
        temperature: as the vendor understands it.
        thinking: tokens that the model may think before it answers.
        schema: what the answer has to be: a JSON schema, or a pydantic model.
        params: more of the request, in the vendor's words.
        access: how to reach the vendor; by default its own address, with the key in
            `ANTHROPIC_API_KEY` or `OPENAI_API_KEY`.
        record: a file to write every event to, with its time.
        thread: as for `stream`.
        options: as `stream` takes them: name, view, limits, max_time, max_event_size.

    Raises:
        ValueError: if no vendor has that name, or the model is missing.
        KeyMissing: if there is no key.
    """
    named = models.vendor_named(model)
    if named is None or (named[0] == "openai" and not named[1]):
        raise ValueError(f"Expected claude:MODEL or openai:MODEL, got {model!r}.")
    if isinstance(prompt, str):
        prompt = [Message(role="user", content=prompt)]
    question = Question(
        model=named[1] or models.DEFAULT_CLAUDE,
        messages=tuple(prompt),
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        thinking=thinking,
        schema=None if schema is None else Schema(schema),
        params=params or {},
    )
    make = partial(
        models.ask, named[0], question, access or Access(), record=record, **options
    )
    return _begun(make, thread=thread, in_loop=False)


def _begun(make: Callable[[], S], *, thread: bool, in_loop: bool) -> S:
    """What `make` makes, in the loop where it can be shown. `in_loop`: it needs the
    kernel's own."""
    notebook = Notebook.here()
    if notebook is not None:
        # A tool that runs notebooks keeps an output as it is when its cell ends, and a
        # cell can only wait for what does not need the kernel's own loop.
        beside = notebook.host == "headless" and not in_loop
        return notebook.begin(make, in_thread=thread or beside)
    if thread:
        raise RuntimeError(
            "Expected a notebook for thread=True; elsewhere, run a loop in a thread "
            "of your own."
        )
    return make()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext nbstream`: the magics, and the hooks that tie streams to cells."""
    from .magics.stream_magics import StreamMagics

    shell.register_magics(StreamMagics(shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext nbstream`: cancels every stream and takes everything away."""
    magics = shell.magics_manager.registry.pop("StreamMagics", None)
    if magics is not None:
        magics.close()
