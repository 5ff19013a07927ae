"""OpenAI's two formats under one name: each event tells which one it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Finished, Raw, Update
from .json_fields import message_of, obj, objects, text
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses
from .stop_reasons import cut_off, failed

# Of either format, or of none: what stands between the answer's events.
_BESIDE = ("error", "keepalive", "ping")


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only these formats have such an event."""
    fields = obj(value)
    kind = text(fields.get("type")) or event.event
    return _is_chat(fields) or _is_response(kind, fields)


def _is_chat(fields: dict[str, Any]) -> bool:
    choices = fields.get("choices")
    if not isinstance(choices, list):
        return False
    return (
        fields.get("object") in ("chat.completion.chunk", "text_completion")
        or "prompt_filter_results" in fields  # Azure's first chunk has no more
        or any(
            # Some servers of completions, which have no delta, name no object.
            isinstance(c.get("delta"), dict) or c.keys() >= {"text", "finish_reason"}
            for c in objects(choices)
        )
    )


def _is_response(kind: str, fields: dict[str, Any]) -> bool:
    return kind.startswith("response.") and (
        "sequence_number" in fields or isinstance(fields.get("response"), dict)
    )


class OpenAI:
    """Reads a stream of Chat Completions or of Responses."""

    def __init__(self) -> None:
        self._chat = OpenAIChat()
        self._responses = OpenAIResponses()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """What the event means."""
        data = event.data
        message = message_of(data)
        if message is None:
            if data.strip() == "[DONE]":
                return (Finished(),)
            if event.event == "error":
                return (failed(data),)
            return (Raw(event.event, data),)
        kind = text(message.get("type"))
        typed = kind.startswith("response.") or kind in _BESIDE
        reader = self._responses if typed else self._chat
        return reader.read(event.event, data, message)

    def end(self) -> Sequence[Update]:
        """What there is to say of an end without a word."""
        answering = self._chat.answering or self._responses.answering
        return (cut_off(),) if answering else ()
