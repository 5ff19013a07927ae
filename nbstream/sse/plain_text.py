"""Decode plain text: `text/plain`, streamed in pieces. No IO.

Each piece is an event of the type `content` with the text as its data, which is how our
event protocol appends text. A piece need not be a whole line.
"""

from __future__ import annotations

import codecs
import json

from .event import ServerSentEvent


class PlainTextDecoder:
    """Decodes one connection's UTF-8 text, with the interface of `EventStreamDecoder`.

    CR LF becomes LF. A CR alone stays, for in a terminal it overwrites the line.

    Args:
        last_event_id: the id that events have, for text has no ids; default empty.
    """

    def __init__(self, *, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """As given."""
        self.retry: int | None = None
        """Always None: text has no reconnection time."""
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._cr = ""  # a CR that ended a piece: an LF may follow

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the text of these bytes as one event; no event for a part of a
        character."""
        return self._build(self._utf8.decode(chunk), final=False)

    def finish(self) -> list[ServerSentEvent]:
        """Take note of the end of the bytes; return the text that was held back."""
        return self._build(self._utf8.decode(b"", final=True), final=True)

    def _build(self, text: str, *, final: bool) -> list[ServerSentEvent]:
        text, self._cr = self._cr + text, ""
        if text[-1:] == "\r" and not final:
            text, self._cr = text[:-1], "\r"
        text = text.replace("\r\n", "\n")
        if not text:
            return []
        # A JSON object would be read as fields of the protocol, so it is wrapped.
        data = json.dumps({"data": text}) if is_json_object(text) else text
        return [ServerSentEvent(event="content", data=data, id=self.last_event_id)]


def is_json_object(text: str) -> bool:
    """Return whether a text is one whole JSON object."""
    if text.lstrip()[:1] != "{":
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
