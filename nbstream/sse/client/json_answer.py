"""An answer of application/json: lines that are objects each, or one document."""

from __future__ import annotations

import json
from typing import Any

from ...errors import EventTooLarge
from ..event import ServerSentEvent
from ..ndjson import NdjsonDecoder
from ..plain_text import is_json_object
from .request import Request

# Enough of a document that cannot be followed, to say what it is.
_SHOWN = 64 * 1024


class NotAStream(Exception):
    """Raised where the body turns out to be nothing that can be followed.

    Args:
        body: the beginning of it.
    """

    def __init__(self, body: str) -> None:
        super().__init__("not a stream")
        self.body = body


class JsonAnswerDecoder:
    """Decodes application/json: JSON objects a line each, such as those of a watch in
    Kubernetes, are events; one document is the whole answer.

    One document is no stream. It is read where it answers a request that is not safe,
    such as a question to a model without `"stream": true`; to a GET it is an error.

    Args:
        request: what is answered.
        lines: decodes the lines, if they are.
        max_event_size: the most bytes in a document.
    """

    retry: int | None = None

    def __init__(
        self, request: Request, lines: NdjsonDecoder, *, max_event_size: int
    ) -> None:
        self.last_event_id = lines.last_event_id
        """As given: JSON sends no id of its own."""
        self.note = ""
        """What the reader should know, once it is clear that there is one document."""
        self._request = request
        self._limit = max_event_size
        self._lines = lines
        self._are_lines = False
        self._is_document = False
        self._held: list[bytes] = []
        self._held_size = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Every event that these bytes complete.

        Raises:
            EventTooLarge: if the document, or a line, is.
            NotAStream: if it is one document, and may not be.
        """
        if self._are_lines:
            return self._lines.feed(chunk)
        self._held.append(chunk)
        self._held_size += len(chunk)
        if not self._is_document and b"\n" in chunk:
            body = b"".join(self._held)
            line, end, _ = body.lstrip().partition(b"\n")
            if end and is_json_object(line.decode("utf-8-sig", "replace")):
                self._are_lines, self._held = True, [line]
                return self._lines.feed(body)
            self._is_document = bool(end)
        if self._held_size > self._limit:
            raise EventTooLarge(self._limit)
        if self._is_document and self._request.safe and self._held_size > _SHOWN:
            raise NotAStream(self._body())
        return []

    def finish(self) -> list[ServerSentEvent]:
        """The events that only the end of the bytes completes.

        Raises:
            NotAStream: if it was one document, and may not be.
        """
        events = self._lines.finish() if self._are_lines else []
        if self._lines.events > 1:
            return events
        if self._request.safe:
            raise NotAStream(self._body())
        if not self._are_lines and (document := self._body()):
            events = [ServerSentEvent(data=document, id=self.last_event_id)]
        if events or self._are_lines:
            self.note = _advice(self._request)
        return events

    def _body(self) -> str:
        return b"".join(self._held).decode("utf-8-sig", "replace").strip()


def _advice(request: Request) -> str:
    """What to do about an answer that came as one document."""
    try:
        body: Any = json.loads(request.content or b"")
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and body.get("stream") is not True:
        return (
            "The server answered with one JSON document. "
            'Add "stream": true to the request to have the answer as it is made.'
        )
    return "The server answered with one JSON document, not with a stream."
