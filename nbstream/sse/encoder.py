"""Events to bytes: the inverse of the decoder."""

from __future__ import annotations

import re

from .event import ServerSentEvent

_END_OF_LINE = re.compile(r"\r\n|\r|\n")


def encode(event: ServerSentEvent) -> bytes:
    r"""One event as the bytes of its block.

    The data is cut at every kind of newline into data lines, so a reader gets each
    of them back as `"\n"`. An event without an id leaves the reader at the id before.

    Raises:
        ValueError: if the event type or id holds a CR or LF, or the id a NUL: no
            reader could get it back.
    """
    lines = []
    if event.event != "message":
        lines.append(f"event: {_one_line('event type', event.event)}")
    if event.id:
        if "\0" in event.id:
            raise ValueError("Expected an id without NUL: readers ignore such an id.")
        lines.append(f"id: {_one_line('id', event.id)}")
    if event.retry is not None:
        lines.append(f"retry: {event.retry:d}")
    lines.extend(f"data: {line}" for line in _END_OF_LINE.split(event.data))
    return ("\n".join(lines) + "\n\n").encode()


def encode_comment(text: str = "") -> bytes:
    """A comment: readers ignore it, but it keeps the connection awake."""
    return "".join(f": {line}\n" for line in _END_OF_LINE.split(text)).encode() + b"\n"


def encode_retry(retry_ms: int) -> bytes:
    """A block that sets the reader's reconnection time and dispatches nothing."""
    return f"retry: {retry_ms:d}\n\n".encode()


def _one_line(what: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError(
            f"Expected an {what} without CR or LF, got {value!r}. "
            "A newline would start another field."
        )
    return value
