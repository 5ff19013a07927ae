"""The decoder, against the standard, against itself, and against hostile input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbstream.sse import EventStreamDecoder, ServerSentEvent

from .decode_chunks import decoded
from .parse_cases import CASES


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
