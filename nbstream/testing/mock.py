"""An answer without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

import httpx

from ..sse import ServerSentEvent, encode


def mock_sse_response(
    chunks: Iterable[bytes | str | ServerSentEvent],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """A response that streams an event stream, for `httpx.MockTransport`.

    Each chunk reaches the reader by itself, so a test can cut events where it likes.
    It works in a `httpx.Client` and in a `httpx.AsyncClient`, once.

    Args:
        chunks: bytes (or text, as UTF-8) as they are, and events as their blocks.
        status_code: default 200.
        headers: more headers, or another `Content-Type` than text/event-stream.
    """
    own = httpx.Headers({"content-type": "text/event-stream"})
    own.update(headers or {})
    return httpx.Response(status_code, headers=own, stream=_Chunks(chunks))


def to_bytes(part: bytes | str | ServerSentEvent) -> bytes:
    """A part of a stream as its bytes: an event becomes its block."""
    if isinstance(part, ServerSentEvent):
        return encode(part)
    return part.encode() if isinstance(part, str) else part


class _Chunks(httpx.AsyncByteStream, httpx.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes | str | ServerSentEvent]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return map(to_bytes, self._chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield to_bytes(chunk)
