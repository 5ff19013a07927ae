"""Provide the base class of dialects whose events are JSON objects.

A subclass defines `_read_message` and the names of its known fields. This class keeps
unknown events and fields raw, reads errors and `[DONE]`, and adds a `Stopped` to a
truncated answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from ...sse import ServerSentEvent
from ...updates import Finished, Raw, Stopped, Update
from ..json.fields import UnknownFields, message_of, obj, objects, text
from .failures import failure_in
from .stop_reasons import make_cut_off
from .thinking_tags import ThinkingTags

_ERROR_FIELDS = " error error_type message code status type param"


class ObjectDialect(ABC):
    """Read one stream whose events are JSON objects."""

    _known: ClassVar[str]
    """The names of the known fields, separated by spaces."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(self._known + _ERROR_FIELDS)
        self._has_unknown = False
        self._is_answering = False
        self._has_ended = False
        self._thinking = ThinkingTags()

    @abstractmethod
    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        """Return the updates of an event; None if it is not of this format."""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event."""
        message = message_of(event.data)
        if message is None:
            done = event.data.strip() == "[DONE]"
            return (Finished() if done else Raw(event.event, event.data),)
        self._has_unknown = False
        if (failure := failure_in(event, message)) is not None:
            updates: list[Update] | None = [failure]
            self._check_fields(obj(message.get("error")))
        else:
            updates = self._read_message(event, message)
        if updates is None:
            return (Raw(event.event, event.data),)
        self._check_fields(message)
        updates = self._thinking.read(updates)
        if self._has_unknown:
            updates.insert(0, Raw(event.event, event.data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return the text that was held back, and a truncated answer's `Stopped`."""
        cut = (make_cut_off(),) if self._is_answering and not self._has_ended else ()
        return (*self._thinking.end(), *cut)

    def _check_fields(self, *given: dict[str, Any]) -> None:
        """Keep the event raw as well if an object has an unknown field."""
        self._has_unknown |= self._unknown_fields.has_new(*given)

    # A value of an unexpected type is not lost: the event is kept raw as well.

    def _text(self, value: Any) -> str:
        self._has_unknown |= value is not None and not isinstance(value, str)
        return text(value)

    def _object(self, value: Any) -> dict[str, Any]:
        self._has_unknown |= bool(value) and not isinstance(value, dict)
        return obj(value)

    def _objects(self, values: Any) -> list[dict[str, Any]]:
        found = objects(values)
        self._has_unknown |= bool(values) and values != found
        return found

    def _end_answer(self, stop: Stopped) -> list[Update]:
        """Return why the answer ended, and note that it is complete."""
        self._has_ended = True
        return [stop]
