"""Events that mean the same in every format: heartbeats, errors, and ends in words.

A dialect need not know them: it returns `Raw` for what it does not know, and
`CommonEvents` looks there for what is common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Ending, Failed, Finished, Raw, Row, Text, Update
from .base import Dialect
from .json_fields import obj, objects, text, value_of, words
from .stop_reasons import classed_failure

_HEARTBEATS = frozenset(
    ["ping", "pong", "heartbeat", "keepalive", "keep-alive", "keep_alive", "noop"]
)
# What a heartbeat may tell besides; one that tells more is kept.
_BESIDE_HEARTBEAT = frozenset(
    ["type", "event", "id", "seq", "time", "ts", "timestamp", "date"]
)
# A comment that was sent as data: `data: : keepalive`.
_COMMENT_AS_DATA = re.compile(
    r":\s*(?:keep[-_ ]?alive|ping|pong|heart[-_ ]?beat|noop|ok|connected|open)?\s*",
    re.IGNORECASE,
)

_ERROR_KINDS = frozenset(["error", "exception"])
# What may stand beside `detail` where it tells an error (FastAPI, RFC 9457).
_BESIDE_DETAIL = frozenset(
    ["status", "status_code", "statusCode", "code", "type", "title", "instance"]
)
_NO_MESSAGE = "the server sent an error without a message"

END_WORDS = frozenset(
    ["done", "end", "complete", "completed", "close", "eof", "finish", "finished"]
)
"""The event types, and values of `type`, with which servers say that they end."""
# What an end may carry that says no more than the end itself.
_SAYS_NO_MORE = END_WORDS | {"", "ok", "bye", "success", "succeeded", "[done]", "stop"}
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
    if event.data.strip() == "[DONE]":
        return (Finished(),)
    if (failure := failure_in(event, value)) is not None:
        return (failure,)
    if type_of(event, value).lower() in _HEARTBEATS:
        return () if obj(value).keys() <= _BESIDE_HEARTBEAT else None
    return ending_in(event, value)


def type_of(event: ServerSentEvent, value: Any) -> str:
    """Return the `type` in the data, or else the event's own."""
    return text(obj(value).get("type")) or event.event


def is_heartbeat(event: ServerSentEvent) -> bool:
    """Whether an event that is not JSON only keeps the connection awake: a ping, a
    comment sent as data, or no data at all. An end or an error without data is none."""
    data = event.data
    if event.event != "message":
        return event.event.lower() in _HEARTBEATS and data[:1] != "{"
    if not data:
        return True
    return data[0] == ":" and _COMMENT_AS_DATA.fullmatch(data) is not None


def failure_in(event: ServerSentEvent, value: Any) -> Failed | None:
    """Return the error that an event tells, in the server's words; None if it is none.

    `"error": null`, `false` or a number, such as a measured error, is none.
    """
    fields = obj(value)
    if type_of(event, value).lower() in _ERROR_KINDS or event.event in _ERROR_KINDS:
        return _failed(_message_of(fields) or words(value) or event.data, fields)
    error = fields.get("error")
    if isinstance(error, str | dict | list) and error:
        return _failed(_message_of(fields), fields)
    if error is True or text(fields.get("error_type")):
        return _failed(_message_of(fields) or words(value), fields)
    if isinstance(fields.get("errors"), list) and fields["errors"]:
        return _failed(_message_of(fields), fields)
    if fields.get("detail") and fields.keys() <= {"detail", *_BESIDE_DETAIL}:
        return _failed(_message_of(fields), fields)
    if fields.get("status") == "error" and (message := _message_of(fields)):
        return _failed(message, fields)
    return None


def _failed(message: str, fields: dict[str, Any]) -> Failed:
    inner = obj(fields.get("error"))
    kinds = [inner.get("code"), inner.get("type"), fields.get("error_type")]
    return classed_failure(message or _NO_MESSAGE, *kinds)


_MESSAGE_FIELDS = (
    "message",
    "error",
    "detail",
    "details",
    "errors",
    "errorText",
    "error_message",
    "error_description",
    "msg",
    "reason",
    "description",
    "data",
    "title",
)


def _message_of(value: Any, depth: int = 0) -> str:
    """Return the words for people in an error, however it is nested."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        found = [_message_of(item, depth + 1) for item in value[:10]]
        return "; ".join(filter(None, found))
    for name in _MESSAGE_FIELDS:
        if found_in := _message_of(obj(value).get(name), depth + 1):
            return found_in
    return ""


def ending_in(event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
    """Return the end that an event says in a word, after the value that it carries;
    None if it says no end."""
    fields = obj(value)
    if type_of(event, value).lower() in END_WORDS or event.event.lower() in END_WORDS:
        return (*_carried(event, value), Ending())
    if fields.get("done") is True and not (fields.keys() - _PROTOCOL_FIELDS):
        return (Ending(),)
    return None


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
