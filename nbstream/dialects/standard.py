"""Read the standard event protocol: one JSON object an event, `[DONE]` at the end.

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

The arguments of a tool call are fragments of JSON, to be concatenated; or one object.
Usage may also have `cached_tokens` and `reasoning_tokens`. A gap reports that events
after the reader's last one are no longer available, and how many if that is known.

The type may also be the `event:` field. Under `event: item` an object is the item
itself, unless its own type is one of the protocol. Data that is not a JSON object is
text; an object of an unknown type, or without a required field, is kept raw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from ..sse import ServerSentEvent
from ..sse.end_words import END_WORDS
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
    stringify,
    total_of,
    value_of,
)
from .parts.failures import ERROR_KINDS, failure_in
from .parts.tool_calls import ToolCalls

OWN_TEXT_EVENTS = frozenset(["log", "reasoning"])
"""Event types whose data may be plain text: a log line, or reasoning."""

_LONGEST_TYPE = 30
"""Characters; a longer type is not compared with the types of the protocol."""

_REQUIRED_FIELDS = {
    "content": 'a string as "data"',
    "reasoning": 'a string as "data"',
    "tool_call": 'a "name" or "arguments", and an "index" that is a number',
    "usage": '"input_tokens" or "output_tokens" as a whole number',
    "progress": '"current" or "percent" as a number, or a "message"',
    "item": '"data"',
    "metric": 'a "name", and a "value" that is a number',
    "log": 'a "message"',
}
"""What an object of each type must have, as the hints for people put it."""


def hint_for(event: ServerSentEvent, message: dict[str, Any]) -> str:
    """Return a hint on an unreadable object that is close to one of this protocol;
    empty if it is not close."""
    kind = message.get("type", event.event)
    if not isinstance(kind, str):
        return ""
    if kind in _REQUIRED_FIELDS:
        return f'An event of type "{kind}" needs {_REQUIRED_FIELDS[kind]}.'
    close = _closest(kind.lower(), 0.8)
    return f'Did you mean the type "{close}"?' if close else ""


def is_malformed(event: ServerSentEvent, message: dict[str, Any]) -> bool:
    """True for an object that is probably a mistake in this protocol: its type is
    misspelled, or lacks a required field and no other format has that type."""
    kind = message.get("type", event.event)
    if not isinstance(kind, str) or kind.removesuffix("s") in _READERS:
        # {"type": "metric", "step": 1, "loss": 0.5} is a chart by its shape.
        meant = kind != "metric" or not message.keys().isdisjoint(("name", "value"))
        return meant and kind in ("metric", "tool_call", "usage", "progress")
    return bool(_closest(kind.lower(), 0.85))


def _closest(kind: str, cutoff: float) -> str:
    """Return the type that a word is close to; empty if no type is close enough."""
    # Comparing is slow, and a list repeats it with each object: hence the cache.
    return _find_closest(kind, cutoff) if len(kind) <= _LONGEST_TYPE else ""


@lru_cache(256)
def _find_closest(kind: str, cutoff: float) -> str:
    return next(iter(get_close_matches(kind, _READERS, 1, cutoff=cutoff)), "")


class Standard:
    """Read one stream of the standard event protocol."""

    def __init__(self) -> None:
        self._calls = ToolCalls()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        message = message_of(event.data)
        if message is None:
            return _read_text(event)
        updates = self.read_message(event, message)
        if updates is None:
            return (Raw(event.event, event.data, hint_for(event, message)),)
        return updates

    def read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> Sequence[Update] | None:
        """Return the updates of an event with this object; None if it is not of this
        protocol."""
        kind = message.get("type", event.event)
        if kind == "error" and (failure := failure_in(event, message)) is not None:
            return (failure,)
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        updates = reader(message) if reader is not None else None
        if updates and kind == "tool_call":
            return self._assign_calls(updates)
        if updates is None and event.event == "item":
            return (Row(message),)
        return updates

    def end(self) -> Sequence[Update]:
        """Return nothing: a stream of this protocol may end at any time."""
        return ()

    def _assign_calls(self, updates: Sequence[Update]) -> Sequence[Update]:
        calls = (update for update in updates if isinstance(update, ToolCall))
        return [
            update
            for call in calls
            for update in self._calls.read(
                call.index, call.id, call.name, call.arguments
            )
        ]


def _read_text(event: ServerSentEvent) -> Sequence[Update]:
    if event.data.strip() == "[DONE]" or event.event == "done":
        return (Finished(),)
    if (failure := _find_named_error(event)) is not None:
        return (failure,)
    if event.event == "log":
        return (LogLine(event.data),)
    if event.event == "reasoning":
        return (Reasoning(event.data),)
    if event.event.lower() in END_WORDS:
        return (Raw(event.event, event.data),)  # common to all formats
    return (Text(event.data),) if event.data else ()


def _find_named_error(event: ServerSentEvent) -> Failed | None:
    if event.event.lower() not in ERROR_KINDS:
        return None
    return failure_in(event, value_of(event.data))


def _read_connected(message: dict[str, Any]) -> Sequence[Update]:
    return ()


def _read_content(message: dict[str, Any]) -> Sequence[Update] | None:
    text = message.get("data")
    return (Text(text),) if isinstance(text, str) else None


def _read_reasoning(message: dict[str, Any]) -> Sequence[Update] | None:
    text = message.get("data")
    return (Reasoning(text),) if isinstance(text, str) else None


def _read_tool_call(message: dict[str, Any]) -> Sequence[Update] | None:
    index = count(message.get("index", 0))
    texts = [stringify(message.get(key)) for key in ("id", "name", "arguments")]
    if index is None or not any(texts):
        return None
    return (ToolCall(index, *texts),)


def _read_usage(message: dict[str, Any]) -> Sequence[Update] | None:
    usage = Usage(
        input_tokens=count(message.get("input_tokens")),
        output_tokens=count(message.get("output_tokens")),
        cached_tokens=count(message.get("cached_tokens")),
        reasoning_tokens=count(message.get("reasoning_tokens")),
    )
    return None if usage == Usage() else (usage,)


def _read_progress(message: dict[str, Any]) -> Sequence[Update] | None:
    current = number(message.get("current"))
    total = total_of(message.get("total"))
    percent = number(message.get("percent"))
    if percent is None and current is not None and total:
        percent = percent_of(current, total)
    label = message.get("message")
    if current is None and percent is None and not label:
        return None
    return (
        Progress(
            name=stringify(message.get("name")),
            current=current,
            total=total,
            percent=None if percent is None else min(max(percent, 0.0), 100.0),
            message=stringify(label),
        ),
    )


def _read_item(message: dict[str, Any]) -> Sequence[Update] | None:
    # Without a type it is the data of `event: item`: `data` may be one of its columns.
    if "type" not in message and len(message) > 1:
        return None
    return (Row(message["data"]),) if "data" in message else None


def _read_metric(message: dict[str, Any]) -> Sequence[Update] | None:
    name, value = message.get("name"), message.get("value")
    # NaN and infinities are kept: in a training job they matter.
    if not isinstance(name, str) or not is_number(value):
        return None
    try:
        measured = float(value)
    except OverflowError:  # an integer too large for a float
        return None
    return (Metric(name, measured, number(message.get("step"))),)


def _read_log(message: dict[str, Any]) -> Sequence[Update] | None:
    if "message" not in message:
        return None
    level = stringify(message.get("level"))
    return (LogLine(stringify(message["message"]), level.lower()),)


def _read_gap(message: dict[str, Any]) -> Sequence[Update]:
    lost = count(message.get("lost"))
    return () if lost == 0 else (Gap(lost),)


def _read_done(message: dict[str, Any]) -> Sequence[Update]:
    return (Finished(),)


_READERS: dict[str, Callable[[dict[str, Any]], Sequence[Update] | None]] = {
    "connected": _read_connected,
    "content": _read_content,
    "reasoning": _read_reasoning,
    "tool_call": _read_tool_call,
    "usage": _read_usage,
    "progress": _read_progress,
    "item": _read_item,
    "metric": _read_metric,
    "log": _read_log,
    "gap": _read_gap,
    "done": _read_done,
}
