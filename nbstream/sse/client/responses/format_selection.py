"""Select the decoder for a response: by its media type, and if that is ambiguous, by
the beginning of the body.

Requests accept only text/event-stream; other formats that servers stream are read too.
"""

from __future__ import annotations

from typing import Any

from ...decoder import Decoder, EventStreamDecoder
from ...event import ServerSentEvent
from ...ndjson import NdjsonDecoder
from ...plain_text import PlainTextDecoder
from ...sniffing import Format, detect_format, is_text
from ..requests.request import Request
from .json_body import JsonBodyDecoder, NotAStream

EVENT_STREAM = "text/event-stream"
_JSON_LINES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/stream+json",
        "application/x-json-stream",
        "application/json-seq",
        "text/x-ndjson",
        "text/jsonl",
    }
)
_JSON = "application/json"
_PLAIN = "text/plain"

# Bytes after which the format is decided, although the first line has no end.
_SNIFF_LIMIT = 64 * 1024


def can_read(response: Any, request: Request, *, strict: bool) -> bool:
    """Return whether the media type of a response is supported; the body may still turn
    out not to be a stream.

    Args:
        response: the response.
        request: the request.
        strict: only text/event-stream is.
    """
    kind = _media_type(response)
    if strict or kind == EVENT_STREAM:
        return kind == EVENT_STREAM
    if kind == _JSON:
        # A document with a length is not a stream, but may be the response to a POST.
        return not request.safe or not _has_length(response)
    return kind in _JSON_LINES or kind in ("", _PLAIN)


def event_decoder_for(
    response: Any, request: Request, *, last_event_id: str, max_event_size: int
) -> Decoder:
    """Return the event decoder for a response that `can_read` accepts.

    Args:
        response: the response.
        request: the request.
        last_event_id: the id that events have before the first of their own.
        max_event_size: the most characters in one event.
    """
    kind = _media_type(response)

    def decoder_of(format: Format) -> Decoder:
        if format == "text":
            return PlainTextDecoder(last_event_id=last_event_id)
        decoder = NdjsonDecoder if format == "json lines" else EventStreamDecoder
        return decoder(last_event_id=last_event_id, max_event_size=max_event_size)

    if kind == EVENT_STREAM:
        return decoder_of("event stream")
    if kind in _JSON_LINES:
        return decoder_of("json lines")
    if kind != _JSON:
        has_length = _has_length(response)
        return _SniffingDecoder(decoder_of, kind, last_event_id, has_length=has_length)
    lines = NdjsonDecoder(last_event_id=last_event_id, max_event_size=max_event_size)
    return JsonBodyDecoder(request, lines, max_event_size=max_event_size)


def format_note(decoder: Decoder) -> str:
    """Return a sentence on the format for the user; empty if the body matches its media
    type."""
    note: str = getattr(decoder, "note", "")
    return note


class _SniffingDecoder:
    """Decodes a body with an ambiguous media type, text/plain or none: the beginning
    decides the format, and nothing is held back after that.

    Args:
        decoder_of: makes the decoder of a format.
        kind: the media type; empty if the server names none.
        last_event_id: the id that events have before the first of their own.
        has_length: the length is known, so that plain text is a page, not a stream.
    """

    def __init__(
        self, decoder_of: Any, kind: str, last_event_id: str, *, has_length: bool
    ) -> None:
        self.note = ""
        """Advice on the media type, once the format is known; empty if it matches."""
        self._decoder_of = decoder_of
        self._kind = kind
        self._last_event_id = last_event_id
        self._has_length = has_length
        self._held = b""
        self._chosen: Decoder | None = None

    @property
    def last_event_id(self) -> str:
        chosen = self._chosen
        return self._last_event_id if chosen is None else chosen.last_event_id

    @property
    def retry(self) -> int | None:
        return None if self._chosen is None else self._chosen.retry

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return every event that these bytes complete.

        Raises:
            NotAStream: if they are the beginning of a page, or of a file.
        """
        if self._chosen is not None:
            return self._chosen.feed(chunk)
        self._held += chunk
        return self._sniff(ended=len(self._held) > _SNIFF_LIMIT)

    def finish(self) -> list[ServerSentEvent]:
        """Return the events that only the end of the bytes completes."""
        events = self._sniff(ended=True) if self._chosen is None else []
        return events if self._chosen is None else [*events, *self._chosen.finish()]

    def _sniff(self, *, ended: bool) -> list[ServerSentEvent]:
        held = self._held
        format = detect_format(held, ended=ended)
        if format is None:
            return []
        is_page = format == "text" and (
            self._has_length or not (self._kind or is_text(held))
        )
        if is_page and held:
            raise NotAStream(held.decode("utf-8", "replace"))
        self.note = _advice(self._kind, format)
        chosen = self._chosen = self._decoder_of(format)
        self._held = b""
        events: list[ServerSentEvent] = chosen.feed(held)
        return events


def _media_type(response: Any) -> str:
    header: str = response.headers.get("content-type", "")
    return header.partition(";")[0].strip().lower()


def _has_length(response: Any) -> bool:
    return "content-length" in response.headers


def _advice(kind: str, format: Format) -> str:
    """Return which media type the server should send; empty if it does."""
    if kind == _PLAIN and format == "text":
        return ""
    sends = f"sends {kind}" if kind else "names no media type"
    kind, effect = {
        "event stream": (EVENT_STREAM, "make it an event stream"),
        "json lines": ("application/x-ndjson", "say that it is JSON lines"),
        "text": (_PLAIN, "say that it is text"),
    }[format]
    return f"The server {sends}; media_type='{kind}' would {effect}."
