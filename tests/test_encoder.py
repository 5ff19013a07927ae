"""The encoder is the decoder's inverse, and refuses what has none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.sse import (
    EventStreamDecoder,
    ServerSentEvent,
    encode,
    encode_comment,
    encode_retry,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))
EVENTS = st.builds(
    ServerSentEvent,
    event=LINE.filter(bool),
    data=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r")
        | st.sampled_from("\n\n: ")
    ),
    id=LINE.filter(lambda text: text and "\0" not in text),
    retry=st.none() | st.integers(0, 10**9),
)


@settings(max_examples=500)
@given(EVENTS)
def test_decoding_gives_the_encoded_event_back(event: Any) -> None:
    assert EventStreamDecoder().feed(encode(event)) == [event]


@given(st.lists(EVENTS, max_size=20))
def test_a_stream_of_encoded_events_gives_them_all_back(events: Any) -> None:
    assert EventStreamDecoder().feed(b"".join(map(encode, events))) == events


@given(TEXT)
def test_every_kind_of_newline_in_data_comes_back_as_one(data: str) -> None:
    (event,) = EventStreamDecoder().feed(encode(ServerSentEvent(data=data)))
    assert event.data == data.replace("\r\n", "\n").replace("\r", "\n")


@given(TEXT)
def test_data_cannot_smuggle_in_another_field(data: str) -> None:
    hostile = ServerSentEvent(data=data + "\r\rid: evil\n\nevent: evil\r\n")
    (event,) = EventStreamDecoder().feed(encode(hostile))
    assert (event.event, event.id) == ("message", "")


@given(TEXT)
def test_a_comment_is_never_an_event(text: str) -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(encode_comment(text)) == []
    assert decoder.last_event_id == ""
    assert decoder.retry is None


def test_a_plain_event_is_one_line_of_data() -> None:
    assert encode(ServerSentEvent(data="x")) == b"data: x\n\n"


def test_an_event_with_everything() -> None:
    event = ServerSentEvent(event="tick", data="a\nb", id="7", retry=100)
    assert encode(event) == (b"event: tick\nid: 7\nretry: 100\ndata: a\ndata: b\n\n")


def test_an_event_without_an_id_leaves_the_reader_at_the_id_before() -> None:
    decoder = EventStreamDecoder(last_event_id="7")
    assert decoder.feed(encode(ServerSentEvent(data="x")))[0].id == "7"


def test_retry_sets_the_time_and_is_no_event() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(encode_retry(2500)) == []
    assert decoder.retry == 2500


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("field", ["event", "id"])
def test_a_newline_in_an_id_or_event_type_is_refused(field: str, newline: str) -> None:
    values: Any = {field: f"a{newline}b"}
    with pytest.raises(ValueError, match="without CR or LF"):
        encode(ServerSentEvent(**values))


def test_nul_in_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        encode(ServerSentEvent(id="a\0b"))


@pytest.mark.parametrize("retry", [-1, 1.5, True])
def test_a_retry_that_is_not_a_whole_number_of_milliseconds_is_refused(
    retry: Any,
) -> None:
    with pytest.raises(ValueError, match="retry"):
        encode(ServerSentEvent(data="x", retry=retry))
    with pytest.raises(ValueError, match="retry"):
        encode_retry(retry)


def test_an_event_type_of_nothing_reads_back_as_message() -> None:
    (event,) = EventStreamDecoder().feed(encode(ServerSentEvent(event="", data="x")))
    assert event.event == "message"


def test_half_a_surrogate_pair_is_sent_as_a_replacement_character() -> None:
    """A tokenizer that cuts an emoji in two must not end the stream."""
    (event,) = EventStreamDecoder().feed(encode(ServerSentEvent(data="a\ud83d")))
    assert event.data == "a\N{REPLACEMENT CHARACTER}"
