"""Sentences that are joined from parts: each has exactly one end."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.errors import ConnectionLost
from nbstream.sse import EventSource
from nbstream.testing import QUICK
from nbstream.text.sentences import end_sentence, join_sentences, strip_full_stop


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("The connection was reset", "The connection was reset."),
        (
            "Server disconnected without a response.",
            "Server disconnected without a response.",
        ),
        ("Twice..", "Twice."),
        ("Is it running?", "Is it running?"),
        ("No!", "No!"),
        ("A long message…", "A long message…"),
        ("With a space. ", "With a space."),
        ("", ""),
    ],
)
def test_a_sentence_has_one_end(text: str, sentence: str) -> None:
    assert end_sentence(text) == sentence


def test_empty_parts_are_left_out() -> None:
    assert join_sentences("It broke", "", "Try again.") == "It broke. Try again."


def test_a_clause_has_no_full_stop() -> None:
    assert f"{strip_full_stop('It broke. ')} (2 tries)" == "It broke (2 tries)"


@given(st.text("ab .!?…", max_size=8))
def test_a_sentence_is_ended_once(text: str) -> None:
    sentence = end_sentence(text)
    assert end_sentence(sentence) == sentence
    assert not sentence.endswith("..")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.anyio
async def test_the_reason_of_a_library_may_be_a_sentence(method: str) -> None:
    def disconnect(request: httpx.Request) -> httpx.Response:
        text = "Server disconnected without sending a response."
        raise httpx.RemoteProtocolError(text, request=request)

    transport = httpx.MockTransport(disconnect)
    async with httpx.AsyncClient(transport=transport) as client:
        source = EventSource(
            "http://x/", method=method, client=client, retries=1, backoff=QUICK
        )
        with pytest.raises(ConnectionLost) as raised:
            async for _ in source:
                pass
    assert "a response" in str(raised.value)
    assert ".." not in str(raised.value) and ". (" not in str(raised.value)
