"""Plain text to events: exact, and prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects import dialect_named
from nbstream.sse.plain_text import PlainTextDecoder
from nbstream.updates import Text

from .vendor_samples import updates_in

TEXT = "The tide turns.\n\n- low at six: 3 €, 😀 “aye”\n\t{x}\n"


def text_of(pieces: Any, dialect: str = "standard") -> str:
    """Return the text that a dialect reads in a body of these pieces."""
    decoder, reader = PlainTextDecoder(), dialect_named(dialect)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    events += decoder.finish()
    assert {event.event for event in events} <= {"content"}
    updates = [update for event in events for update in updates_in(reader, event)]
    return "".join(update.text for update in updates if isinstance(update, Text))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_is_unchanged_at_any_chunk_boundary(size: int, end: str) -> None:
    body = TEXT.replace("\n", end).encode()
    assert text_of(body[at : at + size] for at in range(0, len(body), size)) == TEXT


def test_text_is_not_buffered_to_the_end_of_a_line() -> None:
    decoder = PlainTextDecoder()
    assert [event.data for event in decoder.feed(b"The")] == ["The"]
    assert [event.data for event in decoder.feed(b" tide")] == [" tide"]


@pytest.mark.parametrize("dialect", ["standard", "auto"])
@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "42",
        "-0.50",
        "null",
        "true",
        '"yes"',
        "[1, 2]",
        '{"a": 1}',
        '{"type": "done"}',
        '{"error": "none"}',
        '{"data": "x"}',
        "{",
        "ping",
        "end",
        "error",
        ": ping",
        "\n\n",
    ],
)
def test_a_piece_that_looks_like_something_else_is_text(
    piece: str, dialect: str
) -> None:
    pieces = ["Say ", piece, " again."]
    assert text_of([p.encode() for p in pieces], dialect) == "".join(pieces)


def test_a_cr_alone_is_kept_since_it_redraws_a_line() -> None:
    assert text_of([b"10%\r", b"20%\r", b"\n"]) == "10%\r20%\n"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert text_of([b"caf\xe9 ", b"\xe2\x82"]) == "caf\N{REPLACEMENT CHARACTER} �"


def test_only_an_object_is_put_into_one() -> None:
    decoder = PlainTextDecoder()
    data = [
        event.data
        for p in ("{", '{"a":1}', "[1]")
        for event in decoder.feed(p.encode())
    ]
    assert data == ["{", json.dumps({"data": '{"a":1}'}), "[1]"]
