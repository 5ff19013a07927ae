"""Which formats of an answer are read: by its media type, and where that does not say,
by how it begins.

Only text/event-stream is asked for; what else servers stream is read as well.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..decoder import EventStreamDecoder
from ..event import ServerSentEvent
from ..ndjson import NdjsonDecoder
from ..plain_text import PlainTextDecoder
from ..sniffing import Format, format_of, is_text
from .json_answer import JsonAnswerDecoder, NotAStream
from .request import Request

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

# A first line may be long, but is not waited for without end.
_LOOKED_AT = 64 * 1024


class Decoder(Protocol):
    """Turns one connection's bytes into events."""

    @property
    def last_event_id(self) -> str:
        """The last id that the stream sent, or the one that it was made with."""

    @property
    def retry(self) -> int | None:
        """The last reconnection time that the stream sent, in milliseconds."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Every event that these bytes complete."""

    def finish(self) -> list[ServerSentEvent]:
        """The events that only the end of the bytes completes."""


def is_read(response: Any, request: Request, *, strict: bool) -> bool:
    """Whether an answer of this media type is read; the body may still turn out to be
    nothing that can be."""
    kind = _media_type(response)
    if strict or kind == EVENT_STREAM:
        return kind == EVENT_STREAM
    if kind == _JSON:
        # A document with a length is no stream; to a POST it is the answer.
        return not request.safe or not _has_length(response)
    return kind in _JSON_LINES or kind in ("", _PLAIN)


def decoder_for(
    response: Any, request: Request, *, last_event_id: str, max_event_size: int
) -> Decoder:
    """Return the decoder for an answer that `is_read`.

    Args:
        response: the answer.
        request: what it answers.
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
    return JsonAnswerDecoder(request, lines, max_event_size=max_event_size)


def note_of(decoder: Decoder) -> str:
    """Return what the reader has to know of the answer's format; empty if it is just
    what its media type says."""
    note: str = getattr(decoder, "note", "")
    return note


class _SniffingDecoder:
    """Decodes an answer whose media type does not say what it is: text/plain, or none.
    How it begins decides; nothing is held back longer than that takes.

    Args:
        decoder_of: makes the decoder of a format.
        kind: the media type; empty if the server names none.
        last_event_id: the id that events have before the first of their own.
        has_length: the length was announced, so that plain text is a page, no stream.
    """

    def __init__(
        self, decoder_of: Any, kind: str, last_event_id: str, *, has_length: bool
    ) -> None:
        self.note = ""
        """What the server should say, once that is known."""
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
        """Every event that these bytes complete.

        Raises:
            NotAStream: if they begin a page, or a file.
        """
        if self._chosen is not None:
            return self._chosen.feed(chunk)
        self._held += chunk
        return self._look(ended=len(self._held) > _LOOKED_AT)

    def finish(self) -> list[ServerSentEvent]:
        """The events that only the end of the bytes completes."""
        events = self._look(ended=True) if self._chosen is None else []
        return events if self._chosen is None else [*events, *self._chosen.finish()]

    def _look(self, *, ended: bool) -> list[ServerSentEvent]:
        held = self._held
        format = format_of(held, ended=ended)
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
    """What a server should say of what it sends."""
    if kind == _PLAIN and format == "text":
        return ""
    sends = f"sends {kind}" if kind else "names no media type"
    kind, effect = {
        "event stream": (EVENT_STREAM, "make it an event stream"),
        "json lines": ("application/x-ndjson", "say that it is JSON lines"),
        "text": (_PLAIN, "say that it is text"),
    }[format]
    return f"The server {sends}; media_type='{kind}' would {effect}."
