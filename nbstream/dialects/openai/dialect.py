"""Read OpenAI's two formats: each event shows which of them it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Finished, Raw, Update
from ..json.fields import message_of, obj, objects, text, value_of
from ..parts.failures import ERROR_KINDS, failure_in
from ..parts.stop_reasons import make_cut_off
from .chat import OpenAIChat
from .helpers import chunk_for, is_chunk, is_chunk_repeat
from .responses import OpenAIResponses

# Types of events that may be of either format.
_SHARED_TYPES = ("error", "keepalive", "ping")
_CHAT_OBJECTS = ("chat.completion.chunk", "chat.completion", "text_completion")


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only these formats have: of a stream, a whole answer, or
    of the SDK's helpers."""
    fields = obj(value)
    kind = text(fields.get("type")) or event.event
    return (
        _is_chat(fields)
        or _is_response(kind, fields)
        or is_chunk(kind, fields)
        or ("snapshot" in fields and is_chunk_repeat(kind, fields))
    )


def _is_chat(fields: dict[str, Any]) -> bool:
    choices = fields.get("choices")
    if not isinstance(choices, list):
        return False
    return (
        fields.get("object") in _CHAT_OBJECTS
        or "prompt_filter_results" in fields  # Azure's first chunk has only this
        or any(
            # Some servers omit `object` in completions, which have no delta.
            isinstance(c.get("delta"), dict) or c.keys() >= {"text", "finish_reason"}
            for c in objects(choices)
        )
    )


def _is_response(kind: str, fields: dict[str, Any]) -> bool:
    if _is_whole_response(fields):
        return True
    return kind.startswith("response.") and (
        "sequence_number" in fields or isinstance(fields.get("response"), dict)
    )


def _is_whole_response(fields: dict[str, Any]) -> bool:
    of_response = fields.get("object") == "response"
    return of_response and isinstance(fields.get("output"), list)


class OpenAI:
    """Read a stream of Chat Completions or of Responses, or a whole answer of one."""

    def __init__(self) -> None:
        self._chat = OpenAIChat()
        self._responses = OpenAIResponses()
        self._has_chunks = False

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        name, data = event.event, event.data
        message = message_of(data)
        if message is None:
            if data.strip() == "[DONE]":
                return (*self._chat.end(), Finished())
            return self._read_common(event, value_of(data))
        kind = text(message.get("type"))
        if kind.startswith("response.") or kind in _SHARED_TYPES:
            return self._responses.read(name, data, message)
        if _is_whole_response(message):
            return self._responses.read_whole(name, data, message)
        if name.lower() in ERROR_KINDS and not message.get("error"):
            return self._read_common(event, message)
        if not kind:
            return self._chat.read(name, data, message)
        if is_chunk(kind, message):
            self._has_chunks = True
            return self._chat.read(name, data, message["chunk"])
        if is_chunk_repeat(kind, message):
            if self._has_chunks:
                return ()
            updates = self._chat.read(name, data, chunk_for(kind, message))
            self._chat.is_answering = False  # only chunks have the stop reason
            return updates
        return self._chat.read(name, data, message)

    def end(self) -> Sequence[Update]:
        """Return the text that was held back, and a truncated answer's `Stopped`."""
        is_answering = self._chat.is_answering or self._responses.is_answering
        return (*self._chat.end(), *([make_cut_off()] if is_answering else ()))

    def _read_common(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        failure = failure_in(event, value)
        if failure is None:
            return (Raw(event.event, event.data),)
        return (*self._chat.end(), failure)
