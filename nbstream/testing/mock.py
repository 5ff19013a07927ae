"""A mock response, for tests without a server."""

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
    """Return a response with an event stream, for `httpx.MockTransport`.

    Each chunk is read separately, so a test can split events anywhere.
    It works in a `httpx.Client` and in a `httpx.AsyncClient`, once.

    Args:
        chunks: bytes unchanged, text as UTF-8, events encoded as their blocks.
        status_code: default 200.
        headers: more headers, or another `Content-Type` than text/event-stream.
    """
    merged = httpx.Headers({"content-type": "text/event-stream"})
    merged.update(headers or {})
    return httpx.Response(status_code, headers=merged, stream=_Chunks(chunks))


def to_bytes(part: bytes | str | ServerSentEvent) -> bytes:
    """Encode a part of a stream: text as UTF-8, an event as its block."""
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
