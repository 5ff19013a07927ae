"""The front door from Python: `stream()` and `ask()`.

They build the same specs as the magics do, with the same defaults.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from .limits import Limits
from .models import Access, Message, ModelRequest, ModelStream, Schema, parse_vendor
from .notebook import marimo
from .notebook.session import Session
from .sources import read_options
from .specs import AnswerSpec, Defaults, StreamSpec
from .sse.from_python.iteration import needs_loop
from .streams.event_loops import running_loop
from .streams.handle import Stream
from .streams.tracebacks import without_our_frames
from .streams.unstarted import warn_if_never_started

S = TypeVar("S", bound=Stream)


@without_our_frames
def stream(
    source: Any,
    *,
    name: str | None = None,
    label: str | None = None,
    dialect: str | None = None,
    view: str | None = None,
    field: str | None = None,
    limits: Limits | None = None,
    record: str | os.PathLike[str] | None = None,
    max_time: float | None = None,
    max_event_size: int | str | None = None,
    thread: bool | None = None,
    **connection: Any,
) -> Stream:
    """Follow a stream, from Python.

    The handle shows its live panel where a notebook displays it: as the last
    expression of a cell, or by `display(handle)`. A script has no event loop that it
    could start in: there `handle.run()` follows it to its end.

    In a notebook that has loaded the extension, `%config StreamMagics` has the defaults
    of dialect, view, max_event_size, thread, retries, idle_timeout and follow; those
    below hold elsewhere.

    Args:
        source: a URL, `replay:FILE`, an async iterator, a plain iterator, the stream of
            an SDK such as `client.messages.stream(…)`, or a DataFrame.
        name: what to call it; by default `s1`, `s2`, …
        label: what to name as its source; by default the URL without credentials.
        dialect: what the events mean: `auto`, `standard`, `anthropic`, `openai`, …
            Default `auto`, the format of the first event that is recognised.
        view: what to show the content as: `text`, `log`, `table`, `chart` or `json`.
            Default `auto`, each part as what it says it is.
        field: the path of the value to show of each event, such as `a.b.0.c`: text as
            it is, objects as rows. An event without it is shown as ever.
        limits: how much to keep.
        record: a file to write every event to, with its time.
        max_time: seconds after which it is stopped.
        max_event_size: the most characters of an event that is parsed, as a number or
            such as `4M`; a larger one is shown unparsed, cut. Default 1 Mi.
        thread: run in a thread beside the notebook's loop, where the stream goes on,
            and can be cancelled, while a cell computes. Default False.
        connection: for a URL, as `EventSource` takes it: method, headers, content,
            json, client, retries, follow, idle_timeout, …; for `replay:FILE`, its
            `speed`.

    Raises:
        TypeError: if the source cannot be followed, or has no option of a name.
        ValueError: if an argument is not what it should be.
    """
    session = Session.here()
    defaults = _defaults_of(session)
    spec = StreamSpec(
        origin=source,
        source_options=defaults.fill_source(read_options(source, connection)),
        label=label,
        record=record,
        options=defaults.build_options(
            dialect=dialect,
            view=view,
            field=field,
            name=name,
            limits=limits,
            max_time=max_time,
            max_event_size=max_event_size,
        ),
    )
    in_thread = defaults.choose_thread(thread)
    return _start(spec.open(), session, in_thread=in_thread, in_loop=needs_loop(source))


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
    name: str | None = None,
    view: str | None = None,
    limits: Limits | None = None,
    record: str | os.PathLike[str] | None = None,
    max_time: float | None = None,
    max_event_size: int | str | None = None,
    thread: bool | None = None,
) -> ModelStream:
    """Ask a model, from Python; in a cell, `%%stream claude` does the same.

    In a notebook that has loaded the extension, `%config StreamMagics` has the defaults
    of the model, of view, max_event_size and thread, and of the retries and
    idle_timeout of `access`.

    Args:
        model: `claude`, `claude:MODEL`, or `openai:MODEL` for any server that speaks
            OpenAI's formats.
        prompt: the question; or a conversation whose last message is the question.
        system: instructions that come before the conversation.
        max_tokens: the most tokens that the answer may take.
        temperature: as the vendor understands it.
        thinking: tokens that the model may think before it answers.
        schema: what the answer has to be: a JSON schema, or a pydantic model.
        params: more of the request, in the vendor's words.
        access: how to reach the vendor; by default its own address, with the key in
            `ANTHROPIC_API_KEY` or `OPENAI_API_KEY`.
        name: as for `stream`, as are the others below.
        view: what to show the answer as.
        limits: how much to keep.
        record: a file to write every event to, with its time.
        max_time: seconds after which it is stopped.
        max_event_size: the most characters of an event that is parsed.
        thread: run in a thread beside the notebook's loop.

    Raises:
        ValueError: if no vendor has that name, or the model is missing.
        KeyMissing: if there is no key.
    """
    session = Session.here()
    defaults = _defaults_of(session)
    vendor, named = parse_vendor(model) or ("", "")
    named = named or defaults.find_model(vendor)
    if not named:
        raise ValueError(f"Expected claude:MODEL or openai:MODEL, got {model!r}.")
    question = ModelRequest(
        model=named,
        messages=(
            (Message(role="user", content=prompt),)
            if isinstance(prompt, str)
            else tuple(prompt)
        ),
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        thinking=thinking,
        schema=None if schema is None else Schema(schema),
        params=params or {},
    )
    spec = AnswerSpec(
        vendor=vendor,
        question=question,
        access=defaults.fill_access(access or Access()),
        record=record,
        options=defaults.build_options(
            view=view,
            name=name,
            limits=limits,
            max_time=max_time,
            max_event_size=max_event_size,
        ),
    )
    in_thread = defaults.choose_thread(thread)
    return _start(spec.open(), session, in_thread=in_thread, in_loop=False)


def _defaults_of(session: Session | None) -> Defaults:
    """Return what `%config StreamMagics` says in the running shell."""
    if session is None:
        return Defaults()
    magics = session.shell.magics_manager.registry.get("StreamMagics")
    defaults: Defaults = Defaults() if magics is None else magics.defaults
    return defaults


def _start(stream: S, session: Session | None, *, in_thread: bool, in_loop: bool) -> S:
    """Start a stream in the event loop where it can be shown, and return it.

    Args:
        stream: the stream.
        session: the notebook's; None elsewhere.
        in_thread: whether to run it in a thread beside the kernel's loop.
        in_loop: whether its source needs the kernel's own loop.
    """
    if session is not None:
        # A tool that runs notebooks, or a console, keeps an output as it is when its
        # cell ends, and a cell can only wait for what does not need the kernel's own
        # loop.
        host = session.host
        ends_with_cell = host.runs_between_cells and not host.updates_outputs_after_cell
        beside = ends_with_cell and not in_loop
        session.start(stream, in_thread=in_thread or beside)
    elif in_thread:
        raise RuntimeError(
            "Expected a Jupyter notebook for thread=True; elsewhere, run a loop in a "
            "thread of your own."
        )
    elif running_loop() is not None and marimo.is_here():
        marimo.start(stream)
    elif running_loop() is not None:
        stream.start()
    else:
        warn_if_never_started(stream)
    return stream
