"""Decode a body of application/json: lines of one object each, or one document."""

from __future__ import annotations

import json
from typing import Any

from ....errors import EventTooLarge
from ...event import ServerSentEvent
from ...ndjson import NdjsonDecoder
from ...plain_text import is_json_object
from ..requests.request import Request

# Enough of a document for an error message.
_SHOWN = 64 * 1024


class NotAStream(Exception):
    """Raised if the body turns out not to be a stream.

    Args:
        body: its beginning.
    """

    def __init__(self, body: str) -> None:
        super().__init__("not a stream")
        self.body = body


class JsonBodyDecoder:
    """Decodes application/json: JSON objects on a line each, such as those of a watch
    in Kubernetes, are events; one document is a single event.

    One document is not a stream. It is accepted as the response to a request that is
    not safe, such as a question to a model without `"stream": true`; after a GET it is
    an error.

    Args:
        request: the request.
        lines: decodes the lines, if there are any.
        max_event_size: the most bytes in a document.
    """

    retry: int | None = None
    """Always None: JSON has no reconnection time."""

    def __init__(
        self, request: Request, lines: NdjsonDecoder, *, max_event_size: int
    ) -> None:
        self.last_event_id = lines.last_event_id
        """As given: JSON has no ids."""
        self.note = ""
        """Advice for the user, once it is clear that there is one document; empty
        before."""
        self._request = request
        self._limit = max_event_size
        self._lines = lines
        self._are_lines = False
        self._is_document = False
        self._held: list[bytes] = []
        self._held_size = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return every event that these bytes complete.

        Raises:
            EventTooLarge: if the document, or a line, is too large.
            NotAStream: for one document, if the request is safe.
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
        """Return the events that only the end of the bytes completes.

        Raises:
            NotAStream: for one document, if the request is safe.
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
    """Return how to get a stream instead of one document."""
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
