"""ServerSentEvent: a light value whose fields are given by name."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from nbstream.sse import EventStreamDecoder, ServerSentEvent

WHOLE: Any = ServerSentEvent(event="tick", data="a", id="7", retry=100)


def test_a_text_by_position_is_refused_and_the_error_shows_the_right_way() -> None:
    """The first field is the event's type: text there would be lost to every reader."""
    make: Any = ServerSentEvent
    with pytest.raises(TypeError, match=r"ServerSentEvent\(data='hello'\)"):
        make("hello")
    with pytest.raises(TypeError, match="by name"):
        make("tick", "a", "7", 100)


def test_it_is_an_immutable_tuple_that_is_compared_copied_and_shown_by_its_fields() -> (
    None
):
    again = ServerSentEvent(event="tick", data="a", id="7", retry=100)
    assert again == WHOLE
    assert WHOLE == ("tick", "a", "7", 100)
    assert ServerSentEvent() == ServerSentEvent(event="message", data="", id="")
    assert repr(WHOLE) == "ServerSentEvent(event='tick', data='a', id='7', retry=100)"
    changed = WHOLE._replace(data="b")
    assert (type(changed), changed.data, changed.id) == (ServerSentEvent, "b", "7")
    assert not hasattr(WHOLE, "__dict__")
    with pytest.raises(AttributeError):
        WHOLE.data = "b"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_copied_and_sent_to_another_process(protocol: int) -> None:
    for again in (copy.deepcopy(WHOLE), pickle.loads(pickle.dumps(WHOLE, protocol))):
        assert (type(again), again) == (ServerSentEvent, WHOLE)


def test_the_decoder_gives_the_same_type_by_its_quick_way() -> None:
    (event,) = EventStreamDecoder().feed(b"event: tick\nid: 7\ndata: a\n\n")
    assert (type(event), event) == (ServerSentEvent, WHOLE._replace(retry=None))
