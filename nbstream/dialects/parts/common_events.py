"""Events that mean the same in every format: heartbeats, errors, and ends in words.

A dialect need not know them: it returns `Raw` for what it does not know, and
`CommonEvents` looks there for what is common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...sse import ServerSentEvent
from ...sse.end_words import END_WORDS
from ...updates import Ending, Finished, Raw, Row, Text, Update
from ..base import Dialect
from ..json.fields import obj, objects, text, value_of
from .failures import failure_in

__all__ = [
    "END_WORDS",
    "CommonEvents",
    "ending_in",
    "failure_in",
    "is_heartbeat",
    "is_unknown",
    "read_common",
    "type_of",
]

_HEARTBEATS = frozenset(
    ["ping", "pong", "heartbeat", "keepalive", "keep-alive", "keep_alive", "noop"]
)
# What a heartbeat may tell besides; one that tells more is kept.
_BESIDE_HEARTBEAT = frozenset(
    ["type", "event", "id", "seq", "time", "ts", "timestamp", "date"]
)
# A comment that was sent as data: `data: : keepalive`, `data: : ping - 2026-11-27`. A
# colon alone, or before other words, is a piece of text.
_COMMENT_AS_DATA = re.compile(
    r":\s*(?:keep[-_ ]?alive|ping|pong|heart[-_ ]?beat|noop|connected)"
    r"(?:\s*-\s*\d[\w:. +-]*+)?\s*",
    re.IGNORECASE,
)

_ALSO_OTHER = frozenset(["close", "eof"])
# What an end may carry that says no more than the end itself.
_SAYS_NO_MORE = END_WORDS.union(
    ["", "ok", "bye", "success", "succeeded", "[done]", "stop", "null", "none"]
)
# What an end may carry that is of the protocol, and no result.
_PROTOCOL_FIELDS = frozenset(
    ["type", "event", "id", "done", "timestamp", "time", "created_at", "object"]
)


class CommonEvents:
    """Reads one stream by a dialect, and what that does not know by what is common.

    Args:
        dialect: reads the format.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        if is_heartbeat(event):
            return ()
        updates = self._dialect.read(event)
        if not is_unknown(updates):
            return updates
        common = read_common(event, value_of(event.data))
        return updates if common is None else common

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        return self._dialect.end()


def is_unknown(updates: Sequence[Update]) -> bool:
    """Whether a dialect did not know an event."""
    return len(updates) == 1 and type(updates[0]) is Raw


def read_common(event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
    """Return what an event means in every format; None where it is not common.

    Args:
        event: the event.
        value: its data as JSON, None where it is not JSON.
    """
    if event.data.strip() == "[DONE]" or value == "[DONE]":
        return (Finished(),)
    if (failure := failure_in(event, value)) is not None:
        return (failure,)
    kind = type_of(event, value).lower()
    if kind in _HEARTBEATS or _named_in(obj(value)) in _HEARTBEATS:
        return () if obj(value).keys() <= _BESIDE_HEARTBEAT else None
    return ending_in(event, value)


def type_of(event: ServerSentEvent, value: Any) -> str:
    """Return the `type` in the data, or else the event's own."""
    return text(obj(value).get("type")) or event.event


def is_heartbeat(event: ServerSentEvent) -> bool:
    """Whether an event that is not JSON only keeps the connection awake: a ping, a
    comment sent as data, or no data at all. An end or an error without data is not
    one."""
    data = event.data
    if event.event != "message":
        return event.event.lower() in _HEARTBEATS and data[:1] != "{"
    if not data:
        return True
    return data[0] == ":" and _COMMENT_AS_DATA.fullmatch(data) is not None


def ending_in(event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
    """Return the end that an event says in a word, after the value that it carries;
    None if it says no end."""
    fields = obj(value)
    if event.event.lower() in END_WORDS:
        return (*_carried(event, value), Ending())
    kind = text(fields.get("type")).lower()
    if kind in END_WORDS:
        carried = _carried(event, value)
        # With values of its own it may be the close of a market's day.
        return None if carried and kind in _ALSO_OTHER else (*carried, Ending())
    if _named_in(fields) in END_WORDS:
        rest = {k: v for k, v in fields.items() if k not in _PROTOCOL_FIELDS}
        if all(map(_says_no_more, rest.values())):
            return (Ending(),)
        result = obj(rest.pop("data", None))
        return None if rest or not result else (Row(result), Ending())
    if fields.get("done") is True and not (fields.keys() - _PROTOCOL_FIELDS):
        return (Ending(),)
    return None


def _named_in(fields: dict[str, Any]) -> str:
    """The name that an object without a type has for its event."""
    return "" if "type" in fields else text(fields.get("event")).lower()


def _carried(event: ServerSentEvent, value: Any) -> Sequence[Update]:
    """Return what an end carries: a result, but not what only says the end again."""
    if isinstance(value, dict):
        result = {k: v for k, v in value.items() if k not in _PROTOCOL_FIELDS}
        if all(_says_no_more(item) for item in result.values()):
            return ()
        return (Row(result),)
    if isinstance(value, list):
        rows = objects(value)
        if value and len(rows) == len(value):
            return tuple(map(Row, rows))
        return (Text(f"\n\n{event.data}"),) if value else ()
    said = value if isinstance(value, str) else event.data
    return () if _says_no_more(said) else (Text(f"\n\n{said}"),)


def _says_no_more(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _SAYS_NO_MORE
    return value is None or value is True or value in ({}, [])
