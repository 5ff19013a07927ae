"""The decoder, against the standard, against itself, and against hostile input."""

from __future__ import annotations

import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nbstream.sse
from nbstream.errors import EventTooLarge
from nbstream.sse import EventStreamDecoder, ServerSentEvent

from .parse_cases import CASES

ROOM = Path(nbstream.sse.__file__).parent


def decoded(chunks: Any, **options: Any) -> Any:
    """Return the result of these chunks: the events, the last event id, the
    reconnection time, and whether it ended in the size error."""
    decoder = EventStreamDecoder(**options)
    events, too_large = [], False
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        decoder.finish()
    except EventTooLarge:
        too_large = True
    return events, decoder.last_event_id, decoder.retry, too_large


def plain(event: Any) -> tuple[str, str, str]:
    return (event.event, event.data, event.id)


# -- the standard ------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 160
    assert len({name for name, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_case(case: Any) -> None:
    """Whole, byte by byte, and cut in two at every byte: the same events."""
    _, stream, expected, *after = case
    expected = [("message", e, "") if isinstance(e, str) else e for e in expected]
    whole = decoded([stream])
    assert [plain(event) for event in whole[0]] == expected
    if after:
        assert whole[1] == after[0]
    if len(after) > 1:
        assert whole[2] == after[1]
    cuts = range(len(stream) + 1) if len(stream) < 500 else range(0, len(stream), 97)
    for cut in cuts:
        assert decoded([stream[:cut], stream[cut:]]) == whole, f"cut at {cut}"
    assert decoded(stream[i : i + 1] for i in range(len(stream))) == whole


def test_every_case_after_another_on_one_connection() -> None:
    """No case leaves state that changes the next; and many kinds of block in one chunk
    are decoded as they are alone."""
    blocks = [
        case for case in CASES if case[1].endswith(b"\n\n") and case[1][:1] != b"\xef"
    ]
    decoder = EventStreamDecoder()
    for _, stream, expected, *_ in blocks * 2:
        got = decoder.feed(b"id\n\n" + stream)
        assert [e[0:2] for e in got] == [
            ("message", e) if isinstance(e, str) else e[0:2] for e in expected
        ]
    together = b"".join(case[1] for case in blocks)
    assert decoded([together * 20])[0] == decoded([together] * 20)[0]


def test_an_id_persists_from_the_connection_before() -> None:
    decoder = EventStreamDecoder(last_event_id="41")
    assert decoder.feed(b"data: x\n\n") == [ServerSentEvent(data="x", id="41")]


def test_an_event_has_the_retry_of_its_block_only() -> None:
    events = EventStreamDecoder().feed(b"retry: 5\ndata: a\n\ndata: b\n\n")
    assert [event.retry for event in events] == [5, None]


def test_events_are_real_events() -> None:
    for stream in (b"data: x\n\n", b"id: 1\ndata: x\n\n" * 1000, b"data\n\n"):
        for event in EventStreamDecoder().feed(stream):
            assert type(event) is ServerSentEvent


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_each_event_comes_out_with_the_byte_that_completes_it(end: bytes) -> None:
    stream = b"id: 1" + end + b"data: x" + end + end
    decoder = EventStreamDecoder()
    completes = len(stream) - (1 if end == b"\r\n" else 0)  # the CR, not its LF
    for at in range(len(stream)):
        assert bool(decoder.feed(stream[at : at + 1])) == (at + 1 == completes)


# -- any bytes, any cuts ---------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [
        *(b"data", b"event", b"id", b"retry", b"dat", b":", b": ", b" ", b"\0", b"7"),
        *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\xef\xbb\xbf", b"\xe2\x82\xac"),
        *(b"\xff", b"\xe2\x82", b"\xf0", b"data: x\n\n", b"id: 1\ndata: y\n\n", b":\n"),
        *(b"x" * 70, b"event: a\nid: 2\ndata: z\n\n", b"id\n", b"data\n", b"event:\n"),
    ]
)
STREAMS = st.one_of(
    st.binary(max_size=200),
    st.lists(FRAGMENTS, max_size=60).map(b"".join),
    st.lists(FRAGMENTS, max_size=30).map(lambda f: b"".join(f) * 40),
)


def cut_up(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(c % (len(stream) + 1) for c in cuts)})
    return [stream[a:b] for a, b in pairwise(places)]


CUTS = st.lists(st.integers(min_value=0), max_size=30)


@settings(max_examples=600, deadline=None)
@given(STREAMS, CUTS)
@example(b"\r\n" * 3, [1, 3])
def test_the_same_bytes_give_the_same_events_however_they_are_cut(
    stream: bytes, cuts: list[int]
) -> None:
    assert decoded(cut_up(stream, cuts)) == decoded([stream])


@settings(max_examples=600, deadline=None)
@given(STREAMS, CUTS, st.integers(min_value=1, max_value=120))
@example(b":" + b"x" * 50 + b"\ndata: a\n\n", [52], 20)
@example(b"\n\n:\n" + b"x" * 6 + b"\n:\n", [12], 7)
def test_the_size_limit_does_not_depend_on_the_cuts(
    stream: bytes, cuts: list[int], limit: int
) -> None:
    whole = decoded([stream], max_event_size=limit)
    assert decoded(cut_up(stream, cuts), max_event_size=limit) == whole


@settings(max_examples=300, deadline=None)
@given(STREAMS)
def test_the_quick_ways_agree_with_the_line_by_line_reading(stream: bytes) -> None:
    """A plain rendering of the standard, written to be read, not to be quick."""
    events, _, _, _ = decoded([stream])
    assert [plain(event) for event in events] == by_the_letter(stream)


def by_the_letter(stream: bytes) -> Any:
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    out, data, kind, last_id = [], "", "", ""
    for line in lines:
        if line == "":
            if data != "":
                out.append((kind or "message", data.removesuffix("\n"), last_id))
            data, kind = "", ""
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data += value + "\n"
            elif name == "event":
                kind = value
            elif name == "id" and "\0" not in value:
                last_id = value
    return out


# -- limits ------------------------------------------------------------------------


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
