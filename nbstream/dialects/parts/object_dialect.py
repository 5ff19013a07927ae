"""What dialects have in common whose events are JSON objects.

A subclass has `_read_message`, and the names of the fields it knows. This class keeps
what is not known, reads errors and `[DONE]`, and notices an answer that was cut.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from ...sse import ServerSentEvent
from ...updates import Finished, Raw, Stopped, Update
from ..json.fields import Unknown, message_of, obj, objects, text
from .common_events import failure_in
from .stop_reasons import cut_off
from .thinking_tags import ThinkingTags

_OF_ERRORS = " error error_type message code status type param"


class ObjectDialect(ABC):
    """Reads one stream whose events are JSON objects."""

    _known: ClassVar[str]
    """The names of the fields that are no news, apart by spaces."""

    def __init__(self) -> None:
        self._unknown = Unknown(self._known + _OF_ERRORS)
        self._news = False
        self._answering = False
        self._stopped = False
        self._thinking = ThinkingTags()

    @abstractmethod
    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        """Return what an event means; None where it is not of this format."""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        message = message_of(event.data)
        if message is None:
            done = event.data.strip() == "[DONE]"
            return (Finished() if done else Raw(event.event, event.data),)
        self._news = False
        if (failure := failure_in(event, message)) is not None:
            updates: list[Update] | None = [failure]
            self._look_at(obj(message.get("error")))
        else:
            updates = self._read_message(event, message)
        if updates is None:
            return (Raw(event.event, event.data),)
        self._look_at(message)
        updates = self._thinking.read(updates)
        if self._news:
            updates.insert(0, Raw(event.event, event.data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return that the answer may be cut, where it began and did not end."""
        cut = (cut_off(),) if self._answering and not self._stopped else ()
        return (*self._thinking.end(), *cut)

    def _look_at(self, *given: dict[str, Any]) -> None:
        """Keep the event, too, where an object has a field that is not known."""
        self._news |= self._unknown.field_in(*given)

    # A value of another type than it should be is not lost: the event is kept, too.

    def _text(self, value: Any) -> str:
        self._news |= value is not None and not isinstance(value, str)
        return text(value)

    def _object(self, value: Any) -> dict[str, Any]:
        self._news |= bool(value) and not isinstance(value, dict)
        return obj(value)

    def _objects(self, values: Any) -> list[dict[str, Any]]:
        found = objects(values)
        self._news |= bool(values) and values != found
        return found

    def _stop(self, stopped: Stopped) -> list[Update]:
        """Return why the answer ended, and remember that it did."""
        self._stopped = True
        return [stopped]
