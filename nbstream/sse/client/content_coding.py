"""The bytes of a response, decompressed a bounded piece at a time.

HTTP clients decompress each chunk of the network whole: a gzip bomb turns 64 KB
into 64 MB, and a chain of them is worse, before the limit on an event's size can
see any of it. Here no piece is larger than `PIECE`, and each is handed on before
the next is made.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

PIECE = 256 * 1024
_GZIP, _ZLIB, _RAW = 31, 15, -15


class ContentCodingError(Exception):
    """Raised when a body is not what its Content-Encoding says."""


async def raw_chunks(response: Any) -> AsyncGenerator[bytes, None]:
    """The response's chunks as `pieces` wants them: as they came where we decompress
    them, decompressed by the client where we cannot."""
    chunks: AsyncIterator[bytes]
    chunks = response.aiter_raw() if _ours(response) else response.aiter_bytes()
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def decompressor(response: Any) -> Inflate | None:
    """What turns this response's raw chunks into pieces; None: they are as they are."""
    return Inflate(_coding(response)) if _ours(response) else None


class Inflate:
    """gzip or deflate to bytes, at most `PIECE` at a time, each as soon as it can be.

    Args:
        coding: `"gzip"` or `"deflate"`. Deflate is taken with and without the zlib
            header, since servers disagree on which it means.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._zlib: zlib._Decompress | None = None
        self._head = b""

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What this chunk decompresses to.

        Raises:
            ContentCodingError: if it cannot be decompressed.
        """
        if self._zlib is None:
            self._head += chunk
            if len(self._head) < 2:
                return  # which kind of deflate is told by two bytes
            chunk, self._head = self._head, b""
            self._zlib = zlib.decompressobj(self._wbits(chunk))
        try:
            while True:
                piece = self._zlib.decompress(chunk, PIECE)
                if piece:
                    yield piece
                chunk = self._zlib.unconsumed_tail
                if self._zlib.eof and self._zlib.unused_data:
                    # A gzip file may be followed by another (RFC 1952, 2.2).
                    chunk = self._zlib.unused_data
                    self._zlib = zlib.decompressobj(self._wbits(chunk))
                elif not chunk and len(piece) < PIECE:
                    return
        except zlib.error as error:
            raise ContentCodingError(
                f"the body is not the {self._coding} that it claims to be ({error})"
            ) from None

    def _wbits(self, start: bytes) -> int:
        if self._coding == "gzip":
            return _GZIP
        cmf, flg = start[0], start[1] if len(start) > 1 else 0
        return _ZLIB if cmf & 0x0F == 8 and (cmf * 256 + flg) % 31 == 0 else _RAW


def _coding(response: Any) -> str:
    coding: str = response.headers.get("content-encoding", "").strip().lower()
    return coding


def _ours(response: Any) -> bool:
    # A response that was read already (a mock, often) has no raw chunks any more.
    return _coding(response) in ("gzip", "deflate") and not getattr(
        response, "is_stream_consumed", False
    )
