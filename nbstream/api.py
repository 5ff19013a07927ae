"""The front door from Python: `stream()` and `ask()`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from . import models
from .limits import Limits
from .models import Access, Message, ModelRequest, ModelStream, Schema
from .notebook.session import Session
from .sources import receiving, source_of
from .sse.from_python.iteration import needs_loop
from .streams.event_loops import running_loop
from .streams.handle import Stream
from .streams.pipeline import MAX_PARSED
from .streams.tracebacks import without_our_frames

S = TypeVar("S", bound=Stream)


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
    max_event_size: int | str = MAX_PARSED,
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
    followed = Stream(
        source_of(source, label=label, record=record, **connection),
        dialect=dialect,
        view=view,
        field=field,
        name=name,
        limits=limits,
        max_time=max_time,
        max_event_size=max_event_size,
    )
    return _start(followed, thread=thread, in_loop=needs_loop(source))


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
    named = models.parse_vendor(model)
    if named is None or (named[0] == "openai" and not named[1]):
        raise ValueError(f"Expected claude:MODEL or openai:MODEL, got {model!r}.")
    if isinstance(prompt, str):
        prompt = [Message(role="user", content=prompt)]
    question = ModelRequest(
        model=named[1] or models.DEFAULT_CLAUDE,
        messages=tuple(prompt),
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        thinking=thinking,
        schema=None if schema is None else Schema(schema),
        params=params or {},
    )
    answer = models.ask(
        named[0], question, access or Access(), record=record, **options
    )
    return _start(answer, thread=thread, in_loop=False)


def _start(stream: S, *, thread: bool, in_loop: bool) -> S:
    """Start a stream in the event loop where it can be shown, and return it.

    Args:
        stream: the stream.
        thread: whether the caller wants it in a thread beside the kernel's loop.
        in_loop: whether its source needs the kernel's own loop.
    """
    session = Session.here()
    if session is not None:
        # A tool that runs notebooks keeps an output as it is when its cell ends, and a
        # cell can only wait for what does not need the kernel's own loop.
        host = session.host
        beside = host.displays and not host.updates_after_cell and not in_loop
        session.start(stream, in_thread=thread or beside)
    elif thread:
        raise RuntimeError(
            "Expected a notebook for thread=True; elsewhere, run a loop in a thread "
            "of your own."
        )
    elif running_loop() is not None:
        stream.start()
    return stream
