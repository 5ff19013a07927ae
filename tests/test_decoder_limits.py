"""The decoder bounds what it keeps, and its work is linear in the bytes."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import nbstream.sse
from nbstream.errors import EventTooLarge
from nbstream.sse import EventStreamDecoder

from .decode_chunks import decoded

ROOM = Path(nbstream.sse.__file__).parent


def test_events_before_the_one_that_is_too_large_are_delivered_first() -> None:
    decoder = EventStreamDecoder(max_event_size=100)
    stream = b"data: a\n\n" * 50 + b"data: " + b"x" * 200 + b"\n\ndata: b\n\n"
    assert len(decoder.feed(stream)) == 50
    for _ in range(2):  # and it stays so
        with pytest.raises(EventTooLarge) as caught:
            decoder.feed(b"data: c\n\n")
        assert caught.value.limit == 100


def test_an_event_of_exactly_the_limit_is_let_through() -> None:
    stream = b"data: " + b"x" * 93 + b"\n\n"
    assert len(decoded([stream], max_event_size=100)[0]) == 1
    assert decoded([stream], max_event_size=99)[3]


def test_many_lines_count_together() -> None:
    stream = b"data: 123\n" * 30 + b"\n"
    assert decoded([stream], max_event_size=100)[3]
    assert not decoded([stream], max_event_size=300)[3]


def test_comments_do_not_count() -> None:
    stream = b":" + b"x" * 1000 + b"\n: y\n" * 100 + b"data: x\n\n"
    assert [e.data for e in decoded([stream], max_event_size=100)[0]] == ["x"]


def peak_of(action: Any) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_line_of_a_gigabyte_is_an_error_with_flat_memory() -> None:
    """A million chunks of 1 KB are offered; it stops at the limit."""
    fed = 0

    def action() -> None:
        nonlocal fed
        decoder = EventStreamDecoder(max_event_size=1_000_000)
        with pytest.raises(EventTooLarge):
            for _ in range(1_000_000):
                decoder.feed(b"x" * 1024)
                fed += 1024

    assert peak_of(action) < 4_000_000
    assert fed <= 1_000_000


@pytest.mark.parametrize(
    "chunk", [b":" * 4096, b": heartbeat\n" * 300, b"\n" * 4096, b":\r\n\r\n" * 900]
)
def test_what_never_becomes_an_event_takes_no_memory(chunk: bytes) -> None:
    """Comments without end, and blank lines without end."""

    def action() -> None:
        decoder = EventStreamDecoder()
        for _ in range(600):
            decoder.feed(chunk)

    assert peak_of(action) < 700_000


def test_single_bytes_take_no_more_room_than_their_text() -> None:
    def action() -> None:
        decoder = EventStreamDecoder()
        for _ in range(100_000):
            decoder.feed(b"x")

    assert peak_of(action) < 500_000


def work_of(size: int, chunk: int) -> int:
    """How many lines of the decoder's own code run for one endless line."""
    count = 0
    decoder = EventStreamDecoder(max_event_size=sys.maxsize)

    def trace(frame: Any, event: Any, arg: Any) -> Any:
        nonlocal count
        if Path(frame.f_code.co_filename).parent != ROOM:
            return None
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        for _ in range(size // chunk):
            decoder.feed(b"x" * chunk)
        decoder.feed(b"\n\n")
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("chunk", [1, 1024])
def test_work_is_linear_in_one_endless_line(chunk: int) -> None:
    once = work_of(4000 * chunk, chunk)
    assert work_of(8000 * chunk, chunk) <= 2.2 * once


def test_no_character_of_an_endless_line_is_copied_more_than_a_few_times() -> None:
    """Joining the buffer every so many chunks would be quadratic."""
    decoder = EventStreamDecoder(max_event_size=sys.maxsize)
    copied, piece = 0, b"x" * 20
    tracemalloc.start()
    try:
        for _ in range(50_000):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            decoder.feed(piece)
            _, peak = tracemalloc.get_traced_memory()
            if peak - before > 6_000:  # a join, and not a list that grew
                copied += peak - before
    finally:
        tracemalloc.stop()
    assert 0 < copied <= 2 * 50_000 * len(piece)
