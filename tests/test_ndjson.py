"""JSON lines to events, however they are cut."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.errors import EventTooLarge
from nbstream.sse import ServerSentEvent
from nbstream.sse.ndjson import NdjsonDecoder

LINES = ['{"token": "Silt"}', '{"token": " é😀"}', '{"done": true}']


def events_of(body: bytes, size: int = 0, **options: Any) -> list[ServerSentEvent]:
    """Return the events of a body that arrives in pieces of this size."""
    decoder = NdjsonDecoder(**options)
    size = size or len(body)
    got = []
    for at in range(0, len(body), size):
        got += decoder.feed(body[at : at + size])
    return [*got, *decoder.finish()]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n \n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_one_event_a_line_at_any_chunk_size(size: int, end: str, last: str) -> None:
    body = (end.join(LINES) + last).encode()
    assert events_of(body, size) == [ServerSentEvent(data=line) for line in LINES]


def test_an_event_comes_with_the_newline_that_ends_it() -> None:
    decoder = NdjsonDecoder()
    assert decoder.feed(b'{"a"') == []
    assert [event.data for event in decoder.feed(b': 1}\n{"b"')] == ['{"a": 1}']


def test_what_is_not_json_is_an_event_too() -> None:
    assert [e.data for e in events_of(b"loading\n[1]\n7\n")] == ["loading", "[1]", "7"]


def test_a_byte_order_mark_and_record_separators_are_no_data() -> None:
    body = b"\xef\xbb\xbf\x1e[1]\n\x1e[2]\n"
    assert [e.data for e in events_of(body, 1)] == ["[1]", "[2]"]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert [e.data for e in events_of(b'"\xff\xe2\x82"\n"\xe2')] == ['"��"', '"�']


def test_a_line_over_the_limit_is_an_error_after_the_events_before_it() -> None:
    decoder = NdjsonDecoder(max_event_size=10)
    assert [e.data for e in decoder.feed(b"[1]\n" + b"x" * 11 + b"\n[2]\n")] == ["[1]"]
    with pytest.raises(EventTooLarge):
        decoder.feed(b"[3]\n")


def test_a_line_without_end_is_bounded() -> None:
    decoder = NdjsonDecoder(max_event_size=100)
    with pytest.raises(EventTooLarge):
        for _ in range(20):
            decoder.feed(b"x" * 10)


def test_the_id_stays_as_given() -> None:
    assert [e.id for e in events_of(b"[1]\n", last_event_id="7")] == ["7"]
