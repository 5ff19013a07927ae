"""Convert Python values to events of our protocol, see `dialects.standard`."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..event import ServerSentEvent
from .json_values import model_fields, to_json
from .tables import records

DONE = "[DONE]"
"""The data of the event that ends a stream."""


class EventConverter:
    """Converts the values of one stream, in which bytes may be split within a
    character."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def events(self, value: Any) -> Iterator[ServerSentEvent]:
        """Yield the events of a value: one for each row of a table, else one."""
        if isinstance(value, bytes | bytearray | memoryview):
            if text := self._utf8.decode(value):
                yield to_event(text)
        elif (rows := _rows(value)) is not None:
            for row in rows:
                yield _event({"type": "item", "data": row})
        else:
            yield to_event(value)

    def end(self) -> Iterator[ServerSentEvent]:
        """Yield an event for an incomplete character at the end."""
        if text := self._utf8.decode(b"", final=True):
            yield to_event(text)


def to_event(value: Any, *, id: str = "", retry: int | None = None) -> ServerSentEvent:
    """Return a Python value as one event of our protocol.

    - A ServerSentEvent is unchanged.
    - Text is content, and so are bytes, as UTF-8; the text `[DONE]` is the end.
    - A dict whose `type` is a str is a message of that type; any other is an item.
    - An object whose class declares its fields, such as a dataclass or a pydantic
      model, is sent as a dict with the event type `item`: the events of an SDK are
      recognised by their fields, and others are items.
    - Any other value is an item, of one column if it does not name its fields.

    Args:
        value: the value. Its parts may be of the usual libraries, see `to_json`.
        id: the event's id, for readers that resume; default empty for none.
        retry: the reconnection time for readers, in milliseconds; default none.
    """
    if isinstance(value, ServerSentEvent):
        event = value
    elif isinstance(value, str):
        event = _text(value)
    elif isinstance(value, bytes | bytearray | memoryview):
        event = _text(codecs.decode(value, "utf-8", "replace"))
    else:
        try:
            event = _structured(value)
        except Exception:
            # A value that contains itself, or raises when it is read, is its repr.
            event = _event({"type": "item", "data": {"value": _repr_of(value)}})
    if id:
        event = event._replace(id=id)
    return event if retry is None else event._replace(retry=retry)


def _text(text: str) -> ServerSentEvent:
    if text == DONE:
        return ServerSentEvent(data=DONE)
    return _event({"type": "content", "data": str(text)})


def _structured(value: Any) -> ServerSentEvent:
    if isinstance(value, BaseException):
        failure = {"error": type(value).__name__, "message": str(value)}
        return _event({"type": "item", "data": failure})
    fields = model_fields(value)
    if fields is not None:
        found = to_json(dict(fields))
        # A single field `data` would be read as the item within a message.
        if found.keys() != {"data"}:
            return _event(found)._replace(event="item")
    else:
        found = to_json(value)
    if not isinstance(found, dict):
        found = {"value": found}
    elif isinstance(value, Mapping) and isinstance(found.get("type"), str):
        return _event(found)
    return _event({"type": "item", "data": found})


def _rows(value: Any) -> Iterator[Any] | None:
    """Return the rows of a table as JSON; None if the value is no table."""
    rows = records(value)
    return None if rows is None else map(to_json, rows)


def _event(message: Mapping[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(data=json.dumps(message, ensure_ascii=False))


def _repr_of(value: Any) -> str:
    try:
        return repr(value)
    except Exception:
        return object.__repr__(value)
