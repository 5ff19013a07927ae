"""Decompress the body of a response in pieces of bounded size.

HTTP clients decompress each chunk of the network whole: a gzip bomb turns 64 KB
into 64 MB, and a chain of two turns 2 KB into 3 GB, before the limit on an event's size
applies. Here no piece is larger than `PIECE`, and each is yielded before the next is
made. Any other coding is refused: it is neither given to the client's own decoders, nor
read as if it were text.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any

PIECE = 256 * 1024
"""The most bytes of one decompressed piece."""
# Compressed bytes in one step: a gzip member costs time even if it is small.
_STEP = 16 * 1024
_GZIP, _ZLIB, _RAW = 31, 15, -15
# RFC 9110, 8.4.1, has x-gzip as another name of gzip.
_DECODED = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
# Servers flush gzip and deflate at once, but hold br and zstd back.
_ACCEPTED = "gzip, deflate"


class ContentCodingError(Exception):
    """Raised if a body does not match its Content-Encoding."""


class ContentCodingUnsupported(Exception):
    """Raised for a Content-Encoding that is not supported: another one than gzip and
    deflate, or several.

    Args:
        codings: the value of the header.
    """

    def __init__(self, codings: str) -> None:
        super().__init__(codings)
        self.codings = codings


def accept_encoding(headers: Mapping[str, str]) -> str:
    """Return the `Accept-Encoding` for a request: the supported codings of the user's
    own, if there is one, for headers pasted from a browser name others too; else gzip
    and deflate."""
    given = [v for name, v in headers.items() if name.lower() == "accept-encoding"]
    kept = [
        part.strip()
        for part in ",".join(given).split(",")
        if part.partition(";")[0].strip().lower() in (*_DECODED, "identity")
    ]
    return ", ".join(kept) if any(map(_is_wanted, kept)) else _ACCEPTED


async def raw_chunks(response: Any) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a body, still compressed; see `content_decoder_for`."""
    # A response that was read already (often a mock) has no raw chunks any more. One
    # without a coding has the same chunks both ways, and some clients have no raw ones.
    as_they_are = _is_read(response) or _coding_of(response) is None
    chunks: AsyncIterator[bytes]
    chunks = response.aiter_bytes() if as_they_are else response.aiter_raw()
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def content_decoder_for(response: Any) -> Inflate | Identity:
    """Return the decoder for the `raw_chunks` of a response.

    Raises:
        ContentCodingUnsupported: if its coding is not supported.
    """
    coding = _coding_of(response)
    return Identity() if coding is None or _is_read(response) else Inflate(coding)


class Identity:
    """Passes on a body without a coding."""

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the chunk itself."""
        yield chunk

    def finish(self) -> None:
        """Accept any end of the body."""


class Inflate:
    """Decompresses gzip or deflate, at most `PIECE` at a time, without delay.

    Args:
        coding: `"gzip"` or `"deflate"`. Deflate is taken with and without the zlib
            header, since servers disagree on which it means.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._zlib: zlib._Decompress | None = None
        self._head = b""
        self._members = 0  # complete ones
        self._is_new = False  # the current member has given no bytes yet

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the decompressed pieces of a chunk, and an empty piece after each step,
        so that the caller can yield to the event loop.

        Raises:
            ContentCodingError: if the chunk cannot be decompressed.
        """
        for at in range(0, len(chunk), _STEP):
            try:
                yield from self._pieces(chunk[at : at + _STEP])
            except zlib.error as error:
                raise ContentCodingError(
                    f"the body goes on with what is not {self._coding}"
                    if self._members and self._is_new
                    else f"the body is not the {self._coding} that it claims to be "
                    f"({error})"
                ) from None
            yield b""

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            ContentCodingError: if it was cut off.
        """
        if self._head or (self._zlib is not None and not self._zlib.eof):
            raise ContentCodingError(
                f"the body was cut off: its {self._coding} has no end"
            )

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        while True:
            if self._zlib is None or self._zlib.eof:
                chunk = self._begin(chunk)
                if not chunk:
                    return
            assert self._zlib is not None
            piece = self._zlib.decompress(chunk, PIECE)
            self._is_new = self._is_new and not piece
            if piece:
                yield piece
            chunk = self._zlib.unconsumed_tail
            if self._zlib.eof:
                self._members += 1
                chunk = self._zlib.unused_data
            if not chunk and len(piece) < PIECE:
                return

    def _begin(self, chunk: bytes) -> bytes:
        """Begin a member: another one may follow a gzip file, or a padding of zeros
        (RFC 1952, 2.2; gzip(1)). Return the bytes to decompress; empty if more bytes
        are needed to begin."""
        if self._members and not self._head:
            chunk = chunk.lstrip(b"\0")
        chunk, self._head = self._head + chunk, b""
        if len(chunk) < 2:
            self._head = chunk  # two bytes distinguish the kinds of deflate
            return b""
        self._zlib = zlib.decompressobj(self._wbits(chunk))
        self._is_new = True
        return chunk

    def _wbits(self, start: bytes) -> int:
        if self._coding == "gzip":
            return _GZIP
        cmf, flg = start[0], start[1]
        return _ZLIB if cmf & 0x0F == 8 and (cmf * 256 + flg) % 31 == 0 else _RAW


def _coding_of(response: Any) -> str | None:
    """Return the coding of a body; None without one."""
    header: str = response.headers.get("content-encoding", "")
    codings = [coding.strip().lower() for coding in header.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _DECODED:
        raise ContentCodingUnsupported(header.strip())
    return _DECODED[codings[0]]


def _is_read(response: Any) -> bool:
    return bool(getattr(response, "is_stream_consumed", False))


def _is_wanted(accepted: str) -> bool:
    """Return whether a part of an Accept-Encoding has another weight than 0."""
    weight = accepted.partition(";")[2].replace(" ", "").lower()
    return weight.removeprefix("q=").strip("0.") != "" or not weight
