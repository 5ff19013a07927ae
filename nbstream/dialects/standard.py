"""The standard event protocol: one JSON object an event, `[DONE]` at the end.

    {"type":"connected"}
    {"type":"content","data":"…"}
    {"type":"reasoning","data":"…"}
    {"type":"tool_call","index":0,"id":"…","name":"…","arguments":"…"}
    {"type":"usage","input_tokens":20,"output_tokens":300}
    {"type":"progress","current":3,"total":10,"percent":30,"name":"…","message":"…"}
    {"type":"item","data":{…}}
    {"type":"metric","name":"loss","step":12,"value":0.31}
    {"type":"log","level":"info","message":"…"}
    {"type":"gap","lost":12}
    {"type":"error","message":"…"}
    {"type":"done"}

The arguments of a tool call come in pieces, which make JSON when put together; or as
one object. Usage may also tell `cached_tokens` and `reasoning_tokens`. A gap says that
events after the reader's last can no longer be had, and how many if that is known.

The type may also stand in the event's own `event:` field. Under `event: item` an object
is the item itself, unless it is a message by its own type. What is not a JSON object is
text; an object of an unknown type, or without what its type needs, is kept raw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Failed,
    Finished,
    Gap,
    LogLine,
    Metric,
    Progress,
    Raw,
    Reasoning,
    Row,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import (
    count,
    is_number,
    message_of,
    number,
    percent_of,
    total_of,
    value_of,
    words,
)
from .parts.common_events import END_WORDS
from .parts.failures import ERROR_KINDS, failure_in
from .parts.tool_calls import ToolCalls

OWN_TEXT_EVENTS = frozenset(["log", "reasoning"])
"""Event types whose data, where it is not an object, is text of their own kind."""

_LONGEST_TYPE = 30
"""Characters; longer words are no slips of ours."""

_NEEDS = {
    "content": 'a string as "data"',
    "reasoning": 'a string as "data"',
    "tool_call": 'a "name" or "arguments", and an "index" that is a number',
    "usage": '"input_tokens" or "output_tokens" as a whole number',
    "progress": '"current" or "percent" as a number, or a "message"',
    "item": '"data"',
    "metric": 'a "name", and a "value" that is a number',
    "log": 'a "message"',
}
"""What an object of each type must have."""


def hint_for(event: ServerSentEvent, message: dict[str, Any]) -> str:
    """Return what may be wrong with an object that is not understood, where it is
    close to one of this protocol; else nothing."""
    kind = message.get("type", event.event)
    if not isinstance(kind, str):
        return ""
    if kind in _NEEDS:
        return f'An event of type "{kind}" needs {_NEEDS[kind]}.'
    close = _closest(kind.lower(), 0.8)
    return f'Did you mean the type "{close}"?' if close else ""


def is_mistaken(event: ServerSentEvent, message: dict[str, Any]) -> bool:
    """Whether an object is meant for this protocol and is not of it: its type has a
    letter wrong, or it lacks what its type alone has a use for."""
    kind = message.get("type", event.event)
    if not isinstance(kind, str) or kind.removesuffix("s") in _READERS:
        # {"type": "metric", "step": 1, "loss": 0.5} has measures by their names.
        meant = kind != "metric" or not message.keys().isdisjoint(("name", "value"))
        return meant and kind in ("metric", "tool_call", "usage", "progress")
    return bool(_closest(kind.lower(), 0.85))


def _closest(kind: str, cutoff: float) -> str:
    """Return the type that a word is a slip of; empty if none is as close."""
    # A type is compared letter by letter, and again with each object of a list.
    return _compared(kind, cutoff) if len(kind) <= _LONGEST_TYPE else ""


@lru_cache(256)
def _compared(kind: str, cutoff: float) -> str:
    return next(iter(get_close_matches(kind, _READERS, 1, cutoff=cutoff)), "")


class Standard:
    """Reads the standard event protocol."""

    def __init__(self) -> None:
        self._calls = ToolCalls()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """What the event means."""
        message = message_of(event.data)
        if message is None:
            return _of_text(event)
        updates = self.meaning(event, message)
        if updates is None:
            return (Raw(event.event, event.data, hint_for(event, message)),)
        return updates

    def meaning(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> Sequence[Update] | None:
        """Return what an event with this object means; None if it is not of this
        protocol."""
        kind = message.get("type", event.event)
        if kind == "error" and (failure := failure_in(event, message)) is not None:
            return (failure,)
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        updates = reader(message) if reader is not None else None
        if updates and kind == "tool_call":
            return self._told_apart(updates)
        if updates is None and event.event == "item":
            return (Row(message),)
        return updates

    def end(self) -> Sequence[Update]:
        """Nothing: a stream of this protocol may end at any time."""
        return ()

    def _told_apart(self, updates: Sequence[Update]) -> Sequence[Update]:
        calls = (update for update in updates if isinstance(update, ToolCall))
        return [
            update
            for call in calls
            for update in self._calls.read(
                call.index, call.id, call.name, call.arguments
            )
        ]


def _of_text(event: ServerSentEvent) -> Sequence[Update]:
    if event.data.strip() == "[DONE]" or event.event == "done":
        return (Finished(),)
    if (failure := _named_error(event)) is not None:
        return (failure,)
    if event.event == "log":
        return (LogLine(event.data),)
    if event.event == "reasoning":
        return (Reasoning(event.data),)
    if event.event.lower() in END_WORDS:
        return (Raw(event.event, event.data),)  # common to all formats
    return (Text(event.data),) if event.data else ()


def _named_error(event: ServerSentEvent) -> Failed | None:
    if event.event.lower() not in ERROR_KINDS:
        return None
    return failure_in(event, value_of(event.data))


def _connected(message: dict[str, Any]) -> Sequence[Update]:
    return ()


def _content(message: dict[str, Any]) -> Sequence[Update] | None:
    text = message.get("data")
    return (Text(text),) if isinstance(text, str) else None


def _reasoning(message: dict[str, Any]) -> Sequence[Update] | None:
    text = message.get("data")
    return (Reasoning(text),) if isinstance(text, str) else None


def _tool_call(message: dict[str, Any]) -> Sequence[Update] | None:
    index = count(message.get("index", 0))
    told = [words(message.get(key)) for key in ("id", "name", "arguments")]
    if index is None or not any(told):
        return None
    return (ToolCall(index, *told),)


def _usage(message: dict[str, Any]) -> Sequence[Update] | None:
    usage = Usage(
        input_tokens=count(message.get("input_tokens")),
        output_tokens=count(message.get("output_tokens")),
        cached_tokens=count(message.get("cached_tokens")),
        reasoning_tokens=count(message.get("reasoning_tokens")),
    )
    return None if usage == Usage() else (usage,)


def _progress(message: dict[str, Any]) -> Sequence[Update] | None:
    current = number(message.get("current"))
    total = total_of(message.get("total"))
    percent = number(message.get("percent"))
    if percent is None and current is not None and total:
        percent = percent_of(current, total)
    told = message.get("message")
    if current is None and percent is None and not told:
        return None
    return (
        Progress(
            name=words(message.get("name")),
            current=current,
            total=total,
            percent=None if percent is None else min(max(percent, 0.0), 100.0),
            message=words(told),
        ),
    )


def _item(message: dict[str, Any]) -> Sequence[Update] | None:
    # Without a type it came as `event: item`, and `data` may be one of its columns.
    if "type" not in message and len(message) > 1:
        return None
    return (Row(message["data"]),) if "data" in message else None


def _metric(message: dict[str, Any]) -> Sequence[Update] | None:
    name, value = message.get("name"), message.get("value")
    # NaN and infinities are news in a training job, so they pass here.
    if not isinstance(name, str) or not is_number(value):
        return None
    try:
        measured = float(value)
    except OverflowError:  # an integer past the floats
        return None
    return (Metric(name, measured, number(message.get("step"))),)


def _log(message: dict[str, Any]) -> Sequence[Update] | None:
    if "message" not in message:
        return None
    level = words(message.get("level"))
    return (LogLine(words(message["message"]), level.lower()),)


def _gap(message: dict[str, Any]) -> Sequence[Update]:
    lost = count(message.get("lost"))
    return () if lost == 0 else (Gap(lost),)


def _done(message: dict[str, Any]) -> Sequence[Update]:
    return (Finished(),)


_READERS: dict[str, Callable[[dict[str, Any]], Sequence[Update] | None]] = {
    "connected": _connected,
    "content": _content,
    "reasoning": _reasoning,
    "tool_call": _tool_call,
    "usage": _usage,
    "progress": _progress,
    "item": _item,
    "metric": _metric,
    "log": _log,
    "gap": _gap,
    "done": _done,
}
