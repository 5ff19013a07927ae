"""OpenAI's two formats under one name: each event tells which one it is of."""

from __future__ import annotations

from collections.abc import Sequence

from ..sse import ServerSentEvent
from ..updates import Finished, Raw, Update
from .json_fields import message_of, text
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses
from .stop_reasons import cut_off, failed

# Of either format, or of none: what stands between the answer's events.
_BESIDE = ("error", "keepalive", "ping")


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
