"""The dialect of whoever speaks: known by the first event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..sse import ServerSentEvent
from ..updates import Update
from .anthropic import EVENTS, Anthropic
from .json_fields import message_of, obj, objects, text
from .openai import OpenAI
from .standard import Standard

if TYPE_CHECKING:
    from . import Dialect

_MAX_PINGS = 100


class Auto:
    """Reads a vendor's format where the first event is of one, and the standard
    protocol otherwise. Pings tell nothing, so they wait for what they belong to."""

    def __init__(self) -> None:
        self._dialect: Dialect | None = None
        self._pings: list[ServerSentEvent] = []

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """What the event means."""
        if self._dialect is not None:
            return self._dialect.read(event)
        message = message_of(event.data)
        if (
            message is not None
            and message.get("type", event.event) == "ping"
            and len(self._pings) < _MAX_PINGS
        ):
            self._pings.append(event)
            return ()
        dialect = self._dialect = _dialect_of(event, message or {})
        events, self._pings = [*self._pings, event], []
        return [update for each in events for update in dialect.read(each)]

    def end(self) -> Sequence[Update]:
        """What there is to say of an end without a word."""
        return self._dialect.end() if self._dialect is not None else ()


def _dialect_of(event: ServerSentEvent, message: dict[str, Any]) -> Dialect:
    kind = text(message.get("type")) or event.event
    error = obj(message.get("error"))
    if kind in EVENTS or (event.event == kind == "error" and text(error.get("type"))):
        return Anthropic()
    if _is_chat(message) or _is_response(kind, message):
        return OpenAI()
    # A failure at once; without a type, which the standard protocol's errors have.
    if "type" not in message and text(error.get("message")) and len(error) > 1:
        return OpenAI()
    return Standard()


def _is_chat(message: dict[str, Any]) -> bool:
    choices = message.get("choices")
    if not isinstance(choices, list):
        return False
    return (
        message.get("object") in ("chat.completion.chunk", "text_completion")
        or "prompt_filter_results" in message  # Azure's first chunk has no more
        or any(isinstance(c.get("delta"), dict) for c in objects(choices))
    )


def _is_response(kind: str, message: dict[str, Any]) -> bool:
    return kind.startswith("response.") and (
        "sequence_number" in message or isinstance(message.get("response"), dict)
    )
