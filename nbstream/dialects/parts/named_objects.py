"""Dispatch events that are JSON objects by the field that names their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Finished, Raw, Update
from ..json.fields import UnknownFields, message_of, text
from .stop_reasons import make_cut_off

Reader = Callable[[dict[str, Any]], list[Update] | None]
"""Returns the updates of an object of one kind; None if it is not understood."""


class NamedObjects:
    """Read each event with the reader of its kind. An event without a reader, or with
    an unknown field, is kept raw.

    Args:
        field: the field that names the kind.
        readers: the reader of each kind.
        known: the names of the known fields, separated by spaces.
        other: reads objects of a kind without a reader.
    """

    def __init__(
        self,
        field: str,
        readers: Mapping[str, Reader],
        known: str,
        other: Reader = lambda message: None,
    ) -> None:
        self._field = field
        self._readers = readers
        self._unknown_fields = UnknownFields(known)
        self._other = other

    def read(self, event: ServerSentEvent) -> list[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        message = message_of(event.data)
        if message is None:
            return [Raw(event.event, event.data)]
        reader = self._readers.get(text(message.get(self._field)), self._other)
        updates = reader(message)
        if updates is None:
            return [Raw(event.event, event.data)]
        if self._unknown_fields.has_new(message):
            updates.insert(0, Raw(event.event, event.data))
        return updates


class NamedObjectDialect:
    """Read an answer whose events are named objects, and which `[DONE]` may end.

    A subclass makes `_objects`, and keeps `_is_answering` true from the first piece of
    the answer to its end.
    """

    _objects: NamedObjects
    _is_answering = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        if event.data.strip() == "[DONE]":
            self._is_answering = False
            return (Finished(),)
        return self._objects.read(event)

    def end(self) -> Sequence[Update]:
        """Return a notice if the stream ended within an answer."""
        return (make_cut_off(),) if self._is_answering else ()
