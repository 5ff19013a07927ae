"""Decode the body of a response a bounded piece at a time.

HTTP clients decompress each chunk of the network whole: a gzip bomb turns 64 KB
into 64 MB, and a chain of two turns 2 KB into 3 GB, before the limit on an event's size
can see any of it. Here no piece is larger than `PIECE`, and each is handed on before
the next is made. What cannot be decoded that way is refused: it is neither given to the
client's own decoders, nor read as if it were text.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any

PIECE = 256 * 1024
# How much is decoded in one step: small members cost more than their bytes say.
_STEP = 16 * 1024
_GZIP, _ZLIB, _RAW = 31, 15, -15
# RFC 9110, 8.4.1, has x-gzip as another name of gzip.
_DECODED = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
# gzip and deflate give what they have at once; br and zstd hold it back.
_ACCEPTED = "gzip, deflate"


class ContentCodingError(Exception):
    """Raised when a body is not what its Content-Encoding says."""


class ContentCodingUnsupported(Exception):
    """Raised for a Content-Encoding that is not decoded: another one than gzip and
    deflate, or several.

    Args:
        codings: the header's value, as it came.
    """

    def __init__(self, codings: str) -> None:
        super().__init__(codings)
        self.codings = codings


def accept_encoding(headers: Mapping[str, str]) -> str:
    """Return the `Accept-Encoding` for a request: of what the user's headers accept, if
    they say, the codings that are decoded here; browsers' headers, often pasted, name
    others too."""
    given = [v for name, v in headers.items() if name.lower() == "accept-encoding"]
    kept = [
        part.strip()
        for part in ",".join(given).split(",")
        if part.partition(";")[0].strip().lower() in (*_DECODED, "identity")
    ]
    return ", ".join(kept) if any(map(_is_wanted, kept)) else _ACCEPTED


async def raw_chunks(response: Any) -> AsyncGenerator[bytes, None]:
    """The chunks of a body as they came, for what `decoder_of_body` returns."""
    # A response that was read already (a mock, often) has no raw chunks any more; one
    # without a coding has chunks that the client does not decode either, and some
    # clients have no others.
    as_they_are = _is_read(response) or _coding_of(response) is None
    chunks: AsyncIterator[bytes]
    chunks = response.aiter_bytes() if as_they_are else response.aiter_raw()
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def decoder_of_body(response: Any) -> Inflate | Identity:
    """Return what decodes the `raw_chunks` of this response.

    Raises:
        ContentCodingUnsupported: if its coding is none that is decoded.
    """
    coding = _coding_of(response)
    return Identity() if coding is None or _is_read(response) else Inflate(coding)


class Identity:
    """A body without a coding."""

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The chunk itself."""
        yield chunk

    def finish(self) -> None:
        """Any end of it is its end."""


class Inflate:
    """Decode gzip or deflate, at most `PIECE` at a time, each as soon as it can be.

    Args:
        coding: `"gzip"` or `"deflate"`. Deflate is taken with and without the zlib
            header, since servers disagree on which it means.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._zlib: zlib._Decompress | None = None
        self._head = b""
        self._members = 0  # that came to their end
        self._is_new = False  # the member that is decoded has given nothing yet

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What this chunk decodes to; an empty piece for a step that gave nothing, so
        that whoever reads may let others have their turn.

        Raises:
            ContentCodingError: if it cannot be decoded.
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
        """Take note of the end of the body.

        Raises:
            ContentCodingError: if it is not the end of what is coded.
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
        """Begin a member: a gzip file may be followed by another, or by zeros that fill
        it up (RFC 1952, 2.2; gzip(1)). Return what is to be decoded; empty if that is
        not enough to begin with."""
        if self._members and not self._head:
            chunk = chunk.lstrip(b"\0")
        chunk, self._head = self._head + chunk, b""
        if len(chunk) < 2:
            self._head = chunk  # which kind of deflate it is takes two bytes to tell
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
    """The coding that is to be decoded; None if there is none."""
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
    """Whether a part of an Accept-Encoding has another weight than 0."""
    weight = accepted.partition(";")[2].replace(" ", "").lower()
    return weight.removeprefix("q=").strip("0.") != "" or not weight
