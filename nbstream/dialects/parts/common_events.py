"""Read events that mean the same in every format: heartbeats, errors, named ends.

A dialect need not know them: it returns `Raw` for an unknown event, and `CommonEvents`
checks whether the event is one of these.
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
    "CommonEvents",
    "ending_in",
    "is_heartbeat",
    "is_unknown",
    "read_common",
    "type_of",
]

_HEARTBEATS = frozenset(
    ["ping", "pong", "heartbeat", "keepalive", "keep-alive", "keep_alive", "noop"]
)
# The fields of a heartbeat; one with other fields is kept.
_HEARTBEAT_FIELDS = frozenset(
    ["type", "event", "id", "seq", "time", "ts", "timestamp", "date"]
)
# A comment sent as data: `data: : keepalive`, `data: : ping - 2026-11-27`. A colon
# alone, or before other words, is text.
_COMMENT_AS_DATA = re.compile(
    r":\s*(?:keep[-_ ]?alive|ping|pong|heart[-_ ]?beat|noop|connected)"
    r"(?:\s*-\s*\d[\w:. +-]*+)?\s*",
    re.IGNORECASE,
)

_AMBIGUOUS_ENDS = frozenset(["close", "eof"])
# Results in an end event that add no information.
_EMPTY_RESULTS = END_WORDS.union(
    ["", "ok", "bye", "success", "succeeded", "[done]", "stop", "null", "none"]
)
# Fields of an end event that are not its result.
_PROTOCOL_FIELDS = frozenset(
    ["type", "event", "id", "done", "timestamp", "time", "created_at", "object"]
)


class CommonEvents:
    """Wrap a dialect: read the common events that it does not know.

    Args:
        dialect: reads the format.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event."""
        if is_heartbeat(event):
            return ()
        updates = self._dialect.read(event)
        if not is_unknown(updates):
            return updates
        common = read_common(event, value_of(event.data))
        return updates if common is None else common

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back, and those of a truncated answer."""
        return self._dialect.end()


def is_unknown(updates: Sequence[Update]) -> bool:
    """True if a dialect did not know the event: it returned one `Raw`."""
    return len(updates) == 1 and type(updates[0]) is Raw


def read_common(event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
    """Return the updates of an event common to all formats; None if it is not one.

    Args:
        event: the event.
        value: its data as JSON; None if it is not JSON.
    """
    if event.data.strip() == "[DONE]" or value == "[DONE]":
        return (Finished(),)
    if (failure := failure_in(event, value)) is not None:
        return (failure,)
    kind = type_of(event, value).lower()
    if kind in _HEARTBEATS or _event_name_of(obj(value)) in _HEARTBEATS:
        return () if obj(value).keys() <= _HEARTBEAT_FIELDS else None
    return ending_in(event, value)


def type_of(event: ServerSentEvent, value: Any) -> str:
    """Return the `type` in the data, or else the event type of SSE."""
    return text(obj(value).get("type")) or event.event


def is_heartbeat(event: ServerSentEvent) -> bool:
    """True for an event, not JSON, that only keeps the connection alive: a ping, a
    comment sent as data, or empty data. An end or an error without data is not one."""
    data = event.data
    if event.event != "message":
        return event.event.lower() in _HEARTBEATS and data[:1] != "{"
    if not data:
        return True
    return data[0] == ":" and _COMMENT_AS_DATA.fullmatch(data) is not None


def ending_in(event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
    """Return the end that an event names (`done`, `complete`, …), after its result;
    None if it names none."""
    fields = obj(value)
    if event.event.lower() in END_WORDS:
        return (*_result_updates(event, value), Ending())
    kind = text(fields.get("type")).lower()
    if kind in END_WORDS:
        carried = _result_updates(event, value)
        # `close` with values may be the closing price of a market.
        return None if carried and kind in _AMBIGUOUS_ENDS else (*carried, Ending())
    if _event_name_of(fields) in END_WORDS:
        rest = {k: v for k, v in fields.items() if k not in _PROTOCOL_FIELDS}
        if all(map(_is_empty_result, rest.values())):
            return (Ending(),)
        result = obj(rest.pop("data", None))
        return None if rest or not result else (Row(result), Ending())
    if fields.get("done") is True and not (fields.keys() - _PROTOCOL_FIELDS):
        return (Ending(),)
    return None


def _event_name_of(fields: dict[str, Any]) -> str:
    """Return the `event` field of an object without a `type`, in lower case."""
    return "" if "type" in fields else text(fields.get("event")).lower()


def _result_updates(event: ServerSentEvent, value: Any) -> Sequence[Update]:
    """Return the result in an end event; empty if it only repeats the end."""
    if isinstance(value, dict):
        result = {k: v for k, v in value.items() if k not in _PROTOCOL_FIELDS}
        if all(_is_empty_result(item) for item in result.values()):
            return ()
        return (Row(result),)
    if isinstance(value, list):
        rows = objects(value)
        if value and len(rows) == len(value):
            return tuple(map(Row, rows))
        return (Text(f"\n\n{event.data}"),) if value else ()
    content = value if isinstance(value, str) else event.data
    return () if _is_empty_result(content) else (Text(f"\n\n{content}"),)


def _is_empty_result(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _EMPTY_RESULTS
    return value is None or value is True or value in ({}, [])
