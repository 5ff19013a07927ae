"""Plain text to events: what a server streams as `text/plain`. No IO.

Each piece that arrives is an event of the type `content`, its data that text: the
standard event protocol's own way to say "more text". Nothing waits for the end of a
line.
"""

from __future__ import annotations

import codecs
import json

from .event import ServerSentEvent


class PlainTextDecoder:
    """Decodes one connection's UTF-8 text, with the interface of `EventStreamDecoder`.

    CRLF comes out as a newline. A CR alone stays, for it draws a line anew.

    Args:
        last_event_id: the id that events have; text sends none of its own.
    """

    def __init__(self, *, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        """As given."""
        self.retry: int | None = None
        """Always None: text names no reconnection time."""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_start = True
        self._cr = ""  # a CR that ended a piece: an LF may follow

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The text of these bytes as one event; none if they only begin a character."""
        return self._event(self._utf8.decode(chunk), final=False)

    def finish(self) -> list[ServerSentEvent]:
        """Tell that the bytes have ended; returns what was still held back."""
        return self._event(self._utf8.decode(b"", final=True), final=True)

    def _event(self, text: str, *, final: bool) -> list[ServerSentEvent]:
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        text, self._cr = self._cr + text, ""
        if text[-1:] == "\r" and not final:
            text, self._cr = text[:-1], "\r"
        text = text.replace("\r\n", "\n")
        if not text:
            return []
        # A JSON object would be read as fields of the protocol, so it is put into one.
        data = json.dumps({"data": text}) if is_json_object(text) else text
        return [ServerSentEvent(event="content", data=data, id=self.last_event_id)]


def is_json_object(text: str) -> bool:
    """Whether a text is one whole JSON object."""
    if text.lstrip()[:1] != "{":
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
