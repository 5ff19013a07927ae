"""Events that are JSON objects of kinds, each named by a field of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Finished, Raw, Update
from ..json.fields import Unknown, message_of, text
from .stop_reasons import cut_off

Reader = Callable[[dict[str, Any]], list[Update] | None]
"""Returns what an object of one kind means; None where it is not understood."""


class NamedObjects:
    """Reads each event by the reader of its kind. What has no reader, or a field that
    is new, is kept raw.

    Args:
        field: the field that names the kind.
        readers: the reader of each kind.
        known: the names of the fields that are no news, apart by spaces.
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
        self._unknown = Unknown(known)
        self._other = other

    def read(self, event: ServerSentEvent) -> list[Update]:
        """Return what the event means; one `Raw` where it is not understood."""
        message = message_of(event.data)
        if message is None:
            return [Raw(event.event, event.data)]
        reader = self._readers.get(text(message.get(self._field)), self._other)
        updates = reader(message)
        if updates is None:
            return [Raw(event.event, event.data)]
        if self._unknown.field_in(message):
            updates.insert(0, Raw(event.event, event.data))
        return updates


class NamedObjectDialect:
    """Read an answer whose events are named objects, and which `[DONE]` may end.

    A subclass makes `_objects`, and keeps `_answering` true from the first piece of the
    answer to its end.
    """

    _objects: NamedObjects
    _answering = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        if event.data.strip() == "[DONE]":
            self._answering = False
            return (Finished(),)
        return self._objects.read(event)

    def end(self) -> Sequence[Update]:
        """Return a notice if the stream ended within an answer."""
        return (cut_off(),) if self._answering else ()
