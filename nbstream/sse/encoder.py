"""Encode events as bytes: the inverse of the decoder. No IO."""

from __future__ import annotations

import re

from ..text.invisible_characters import join_surrogates
from .event import ServerSentEvent

_END_OF_LINE = re.compile(r"\r\n|\r|\n")


def encode(event: ServerSentEvent) -> bytes:
    r"""Return an event as the bytes of its block (WHATWG HTML 9.2.5).

    The data is split at CR, LF and CR LF into data lines; a reader gets each of them
    back as `"\n"`. An event without an id leaves the reader's last event id unchanged.
    A lone surrogate, such as half an emoji, is sent as U+FFFD.

    Raises:
        ValueError: if the event type or id holds a CR or LF, the id a NUL, or the
            retry is not a whole number: no reader could decode it.
    """
    lines = []
    if event.event not in ("", "message"):
        lines.append(f"event: {_one_line('event type', event.event)}")
    if event.id:
        if "\0" in event.id:
            raise ValueError("Expected an id without NUL: readers ignore such an id.")
        lines.append(f"id: {_one_line('id', event.id)}")
    if event.retry is not None:
        lines.append(_retry_line(event.retry))
    lines.extend(f"data: {line}" for line in _END_OF_LINE.split(event.data))
    return join_surrogates("\n".join(lines) + "\n\n").encode()


def encode_comment(text: str = "") -> bytes:
    """Return a comment, which readers ignore, but which keeps proxies from closing an
    idle connection.

    Args:
        text: the comment, of any number of lines; default empty.
    """
    comment = "".join(f": {line}\n" for line in _END_OF_LINE.split(text))
    return join_surrogates(comment + "\n").encode()


def encode_retry(retry_ms: int) -> bytes:
    """Return a block that sets the reader's reconnection time, without an event.

    Args:
        retry_ms: milliseconds, a whole number.

    Raises:
        ValueError: if it is not a whole number, or negative.
    """
    return f"{_retry_line(retry_ms)}\n\n".encode()


def _retry_line(retry_ms: int) -> str:
    if type(retry_ms) is not int or retry_ms < 0:
        raise ValueError(
            f"Expected a retry in whole milliseconds, got {retry_ms!r}. "
            "Readers ignore any other."
        )
    return f"retry: {retry_ms}"


def _one_line(what: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError(
            f"Expected an {what} without CR or LF, got {value!r}. "
            "A newline would start another field."
        )
    return value
