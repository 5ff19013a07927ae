"""The model server with Anthropic's own SDK as its client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

from nbstream.testing import (
    Answer,
    BadRequest,
    Citation,
    Drops,
    FailsMidStream,
    Forbidden,
    NotFound,
    Overloaded,
    RateLimited,
    ServerError,
    Stalls,
    StartModelServer,
    Unauthorized,
)

from .anthropic_sdk import REQUEST, client_of, final_message_of

pytestmark = pytest.mark.anyio


async def collect_words(words: list[str], stream: AsyncIterator[str]) -> None:
    """Collect the stream's words in a list that outlives an error."""
    async for text in stream:
        words.append(text)  # noqa: PERF401


async def test_text_comes_in_deltas_of_words(model_server: StartModelServer) -> None:
    server = model_server(Answer("It is sunny, as ever.", tokens=2))
    async with (
        client_of(server) as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        words = [text async for text in stream.text_stream]
        message = await stream.get_final_message()
    assert words == ["It is", " sunny, as", " ever."]
    assert (message.role, message.model) == ("assistant", "claude-test")
    assert message.stop_reason == "end_turn"
    # The question has six words, the answer five: here a word is a token.
    assert message.usage.input_tokens == 6
    assert message.usage.output_tokens == 5


@pytest.mark.new_sdk
async def test_events_come_in_the_documented_order(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("Yes.", thinking="Hm."))
    async with client_of(server) as client:
        response = await client.messages.with_raw_response.create(
            **REQUEST, stream=True
        )
        stream = await response.parse()
        seen = [(event.type, event.model_dump()) async for event in stream]
    assert [kind for kind, _ in seen] == [
        "message_start",
        *("content_block_start", "content_block_delta", "content_block_delta"),
        "content_block_stop",
        *("content_block_start", "content_block_delta", "content_block_stop"),
        "message_delta",
        "message_stop",
    ]
    assert seen[0][1]["message"]["content"] == []
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["anthropic-ratelimit-requests-limit"] == "1000"


async def test_a_ping_is_among_them(model_server: StartModelServer) -> None:
    server = model_server(Answer("Yes."))
    headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(headers=headers) as client:
        url = f"{server.anthropic_base_url}/v1/messages"
        answer = await client.post(url, json={**REQUEST, "stream": True})
    assert 'event: ping\ndata: {"type":"ping"}\n\n' in answer.text


@pytest.mark.new_sdk
async def test_thinking_is_signed_and_comes_before_the_text(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("Sunny.", thinking="It is July, so it may be sunny."))
    thinking, text = (await final_message_of(server)).content
    assert thinking.type == "thinking" and text.type == "text"
    assert thinking.thinking == "It is July, so it may be sunny."
    assert thinking.signature
    assert text.text == "Sunny."


async def test_tool_calls_come_as_pieces_of_json(
    model_server: StartModelServer,
) -> None:
    paris, rome = {"city": "Paris", "days": [1, 2]}, {"city": "Rome"}
    server = model_server(
        Answer("Let me see.", tool_calls=[("weather", paris), ("weather", rome)])
    )
    message = await final_message_of(server)
    assert message.stop_reason == "tool_use"
    said, *calls = message.content
    assert said.type == "text"
    assert [call.input for call in calls if call.type == "tool_use"] == [paris, rome]
    assert len({call.id for call in calls if call.type == "tool_use"}) == 2


@pytest.mark.new_sdk
async def test_citations_follow_the_words_that_rest_on_them(
    model_server: StartModelServer,
) -> None:
    page = Citation(title="Weather", url="https://w.example/paris", quote="sunny")
    report = Citation(title="Report", quote="It was sunny.")
    server = model_server(Answer("Sunny.", citations=[page, report]))
    (text,) = (await final_message_of(server)).content
    assert text.type == "text" and text.citations
    found, sent = text.citations
    assert found.type == "web_search_result_location"
    assert (found.url, found.cited_text) == (page.url, "sunny")
    assert sent.type == "char_location"
    assert (sent.document_title, sent.cited_text) == ("Report", "It was sunny.")


async def test_usage_is_that_of_the_answer(model_server: StartModelServer) -> None:
    answer = Answer("Yes.", input_tokens=900, output_tokens=70, cached_tokens=500)
    usage = (await final_message_of(model_server(answer))).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (400, 500)
    assert usage.output_tokens == 70


@pytest.mark.new_sdk
async def test_max_tokens_cuts_the_answer(model_server: StartModelServer) -> None:
    server = model_server(Answer("one two three four five", thinking="a b", tokens=2))
    message = await final_message_of(server, max_tokens=5)
    thinking, text = message.content
    assert thinking.type == "thinking" and thinking.thinking == "a b"
    assert text.type == "text" and text.text == "one two three"
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 5


async def test_an_answer_of_just_max_tokens_is_whole(
    model_server: StartModelServer,
) -> None:
    message = await final_message_of(model_server(Answer("one two")), max_tokens=2)
    assert message.stop_reason == "end_turn"


@pytest.mark.new_sdk
async def test_a_refusal_is_a_reason_to_stop(model_server: StartModelServer) -> None:
    message = await final_message_of(
        model_server(Answer("I will not.", stop="refusal"))
    )
    assert message.stop_reason == "refusal"
    assert message.stop_details is not None
    assert message.stop_details.type == "refusal"


@pytest.mark.new_sdk
async def test_the_whole_answer_may_be_requested_without_streaming(
    model_server: StartModelServer,
) -> None:
    call = ("weather", {"city": "Paris"})
    answer = Answer("Let me see.", thinking="Hm.", tool_calls=[call])
    server = model_server(answer)
    async with client_of(server) as client:
        at_once = await client.messages.create(**REQUEST)
    streamed = await final_message_of(server)
    blocks = [block.to_dict() for block in at_once.content]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    summed = [block.to_dict() for block in streamed.content]
    assert blocks[:2] == summed[:2]
    assert blocks[2]["input"] == summed[2]["input"] == call[1]
    assert at_once.stop_reason == streamed.stop_reason
    assert at_once.usage == streamed.usage


@pytest.mark.parametrize(
    ("refusal", "expected", "kind"),
    [
        (BadRequest("messages: too long"), anthropic.BadRequestError, "invalid_requ"),
        (Unauthorized(), anthropic.AuthenticationError, "authentication_error"),
        (Forbidden(), anthropic.PermissionDeniedError, "permission_error"),
        (NotFound(), anthropic.NotFoundError, "not_found_error"),
        (RateLimited(retry_after=7), anthropic.RateLimitError, "rate_limit_error"),
        (ServerError(), anthropic.InternalServerError, "api_error"),
        (Overloaded(), anthropic.InternalServerError, "overloaded_error"),
    ],
)
async def test_refusals_are_those_of_the_real_api(
    model_server: StartModelServer,
    refusal: Any,
    expected: type[anthropic.APIStatusError],
    kind: str,
) -> None:
    with pytest.raises(expected) as caught:
        await final_message_of(model_server(refusal))
    error = caught.value
    assert isinstance(error.body, dict)
    assert error.body["error"]["type"].startswith(kind)
    assert error.body["request_id"] == error.request_id
    if isinstance(refusal, Overloaded):
        assert error.status_code == 529
    if isinstance(refusal, RateLimited):
        assert error.response.headers["retry-after"] == "7"


async def test_a_request_without_what_it_needs_is_refused(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("Yes."), key="sk-right", models=["claude-test"])
    url = f"{server.anthropic_base_url}/v1/messages"
    right = {"x-api-key": "sk-right", "anthropic-version": "2023-06-01"}
    tries = [
        ({}, REQUEST, 401, "x-api-key"),
        ({**right, "x-api-key": "sk-wrong"}, REQUEST, 401, "invalid x-api-key"),
        ({"x-api-key": "sk-right"}, REQUEST, 400, "anthropic-version"),
        (right, {**REQUEST, "model": "claude-other"}, 404, "model: claude-other"),
        (right, {**REQUEST, "thinking": {"budget_tokens": 1}}, 400, "1024"),
        (right, {**REQUEST, "thinking": {"budget_tokens": 5000}}, 400, "max_tokens"),
        (right, None, 400, "JSON"),
        *(
            (right, {k: v for k, v in REQUEST.items() if k != name}, 400, name)
            for name in REQUEST
        ),
    ]
    async with httpx.AsyncClient() as client:
        for headers, body, status, words in tries:
            refused = await client.post(url, headers=headers, json=body)
            assert refused.status_code == status, words
            assert words in refused.json()["error"]["message"]
        accepted = await client.post(url, headers=right, json=REQUEST)
        assert accepted.status_code == 200
    # The refused question was recorded too, but consumed no reply.
    assert len(server.questions) == len(tries) + 1


@pytest.mark.parametrize("kind", ["overloaded", "rate_limited", "server_error"])
async def test_an_error_in_the_stream_is_raised_after_the_text_before_it(
    model_server: StartModelServer, kind: Any
) -> None:
    server = model_server(FailsMidStream(2, kind, Answer("one two three")))
    words: list[str] = []
    async with client_of(server) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            async with client.messages.stream(**REQUEST) as stream:
                await collect_words(words, stream.text_stream)
    assert words == ["one", " two"]
    expected = {"overloaded": "overloaded_error", "rate_limited": "rate_limit_error"}
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == expected.get(kind, "api_error")


@pytest.mark.new_sdk
async def test_a_connection_drops_in_the_middle(model_server: StartModelServer) -> None:
    server = model_server(Drops(1, Answer("one two three")))
    words: list[str] = []
    async with client_of(server) as client:
        # A reset, not a body that ends too early.
        with pytest.raises(httpx2.ReadError):
            async with client.messages.stream(**REQUEST) as stream:
                await collect_words(words, stream.text_stream)
    assert words == ["one"]


async def test_the_server_sees_the_client_leave_a_stalled_answer(
    model_server: StartModelServer,
) -> None:
    server = model_server(Stalls(2, Answer("one two three")))
    async with client_of(server) as client:
        async with client.messages.stream(**REQUEST) as stream:
            words = stream.text_stream
            assert [await anext(words), await anext(words)] == ["one", " two"]
            assert not server.connections[0].left
        await server.until(lambda: server.questions[0].connection.left)
    assert server.questions[0].connection.left_at is not None
