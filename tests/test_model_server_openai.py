"""The model server with OpenAI's own SDK as its client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import openai
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

from .openai_sdk import (
    CHAT_REQUEST,
    RESPONSE_REQUEST,
    chunks_of,
    client_of,
    completion_of,
    events_of,
)

pytestmark = pytest.mark.anyio


# -- chat ------------------------------------------------------------------------


async def test_chat_text_comes_in_deltas(model_server: StartModelServer) -> None:
    chunks = await chunks_of(model_server(Answer("It is sunny.", tokens=2)))
    first, *pieces, last = (chunk.choices[0] for chunk in chunks)
    assert (first.delta.role, first.delta.content) == ("assistant", "")
    assert [choice.delta.content for choice in pieces] == ["It is", " sunny."]
    assert last.finish_reason == "stop"
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


async def test_chat_counts_only_where_usage_is_requested(
    model_server: StartModelServer,
) -> None:
    answer = Answer("Yes.", input_tokens=20, cached_tokens=5, thinking="Hm hm.")
    server = model_server(answer)
    silent = await chunks_of(server)
    assert all("usage" not in chunk.model_fields_set for chunk in silent)
    *before, last = await chunks_of(server, stream_options={"include_usage": True})
    assert all(chunk.usage is None for chunk in before)
    assert last.choices == []
    assert last.usage.prompt_tokens == 20
    assert last.usage.prompt_tokens_details.cached_tokens == 5
    assert last.usage.completion_tokens == 3
    assert last.usage.completion_tokens_details.reasoning_tokens == 2
    assert last.usage.total_tokens == 23


async def test_chat_is_data_only_and_ends_with_done(
    model_server: StartModelServer,
) -> None:
    async with httpx.AsyncClient(headers={"authorization": "Bearer any"}) as client:
        url = f"{model_server(Answer('Yes.')).openai_base_url}/chat/completions"
        answer = await client.post(url, json={**CHAT_REQUEST, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-request-id"].startswith("req_")
    assert "x-ratelimit-remaining-tokens" in answer.headers
    *chunks, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    assert all(chunk.startswith("data: {") for chunk in chunks)


@pytest.mark.parametrize("ask", [chunks_of, events_of])
async def test_chunks_are_padded_unless_obfuscation_is_off(
    model_server: StartModelServer, ask: Callable[..., Any]
) -> None:
    server = model_server(Answer("Yes."))

    def padded(events: list[Any]) -> bool:
        return any("obfuscation" in event.to_dict() for event in events)

    assert padded(await ask(server))
    bare = await ask(server, stream_options={"include_obfuscation": False})
    assert not padded(bare)


async def test_chat_tool_calls_come_by_index(model_server: StartModelServer) -> None:
    calls = [("weather", {"city": "Paris"}), ("time", {})]
    completion = await completion_of(model_server(Answer(tool_calls=calls)))
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    pieces = [call.function for call in choice.message.tool_calls]
    assert [(call.name, json.loads(call.arguments)) for call in pieces] == calls
    assert len({call.id for call in choice.message.tool_calls}) == 2


async def test_chat_reasoning_has_the_field_of_open_models(
    model_server: StartModelServer,
) -> None:
    chunks = await chunks_of(model_server(Answer("Yes.", thinking="Is it? Yes.")))
    pieces = [chunk.choices[0].delta.to_dict() for chunk in chunks]
    reasoning = [delta.get("reasoning_content", "") for delta in pieces]
    assert "".join(reasoning) == "Is it? Yes."


async def test_chat_cites_pages(model_server: StartModelServer) -> None:
    page = Citation("Weather", "https://w.example/paris", "sunny")
    chunks = await chunks_of(model_server(Answer("Sunny.", citations=[page])))
    pieces = [chunk.choices[0].delta.to_dict().get("annotations") for chunk in chunks]
    ((annotation,),) = filter(None, pieces)
    assert annotation["type"] == "url_citation"
    assert annotation["url_citation"]["url"] == "https://w.example/paris"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_chat_is_cut_at_its_length(
    model_server: StartModelServer, name: str
) -> None:
    chunks = await chunks_of(model_server(Answer("one two three")), **{name: 2})
    said = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(said) == "one two"
    assert chunks[-1].choices[0].finish_reason == "length"


async def test_chat_refusal_is_a_separate_field(
    model_server: StartModelServer,
) -> None:
    refused = await completion_of(model_server(Answer("I will not.", stop="refusal")))
    message = refused.choices[0].message
    assert (message.refusal, message.content) == ("I will not.", None)


async def test_chat_at_once_is_the_sum_of_its_stream(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("Let me see.", tool_calls=[("time", {"zone": "CET"})]))
    async with client_of(server) as client:
        at_once = await client.chat.completions.create(**CHAT_REQUEST)
    assert at_once.usage is not None
    streamed = await completion_of(server, stream_options={"include_usage": True})
    assert at_once.usage == streamed.usage
    whole, summed = at_once.choices[0], streamed.choices[0]
    assert whole.finish_reason == summed.finish_reason == "tool_calls"
    assert whole.message.content == summed.message.content
    assert whole.message.tool_calls is not None
    (call,) = whole.message.tool_calls
    assert call.type == "function"
    summed_call = summed.message.tool_calls[0].function
    assert call.function.arguments == summed_call.arguments


# -- both ------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [chunks_of, events_of])
@pytest.mark.parametrize(
    ("refusal", "expected", "status", "code"),
    [
        (BadRequest("too long"), openai.BadRequestError, 400, None),
        (Unauthorized(), openai.AuthenticationError, 401, "invalid_api_key"),
        (Forbidden(), openai.PermissionDeniedError, 403, None),
        (NotFound(), openai.NotFoundError, 404, "model_not_found"),
        (RateLimited(7), openai.RateLimitError, 429, "rate_limit_exceeded"),
        (ServerError(), openai.InternalServerError, 500, "server_error"),
        (Overloaded(), openai.InternalServerError, 503, "server_is_overloaded"),
    ],
)
async def test_refusals_are_those_of_the_real_api(
    model_server: StartModelServer,
    ask: Callable[..., Any],
    refusal: Any,
    expected: type[openai.APIStatusError],
    status: int,
    code: str | None,
) -> None:
    with pytest.raises(expected) as caught:
        await ask(model_server(refusal))
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.request_id
    if isinstance(refusal, RateLimited):
        assert caught.value.response.headers["retry-after"] == "7"


async def test_a_request_without_what_it_needs_is_refused(
    model_server: StartModelServer,
) -> None:
    server = model_server(
        Answer("Yes."), key="sk-right-0123456789", models=["gpt-test"]
    )
    url = server.openai_base_url
    right = {"authorization": "Bearer sk-right-0123456789"}
    wrong = {"authorization": "Bearer sk-wrong-0123456789"}
    other = {**CHAT_REQUEST, "model": "gpt-other"}
    tries = [
        ("chat/completions", {}, CHAT_REQUEST, 401, "You didn't provide an API key"),
        ("responses", wrong, RESPONSE_REQUEST, 401, "sk-wrong*******6789"),
        ("chat/completions", right, other, 404, "The model `gpt-other` does not"),
        ("chat/completions", right, {"model": "gpt-test"}, 400, "'messages'"),
        ("responses", right, {"model": "gpt-test"}, 400, "'input'"),
        ("responses", right, {"input": "hello"}, 400, "'model'"),
    ]
    async with httpx.AsyncClient() as client:
        for path, headers, body, status, words in tries:
            refused = await client.post(f"{url}/{path}", headers=headers, json=body)
            assert refused.status_code == status, words
            assert words in refused.json()["error"]["message"]


async def test_an_error_in_a_chat_is_raised(model_server: StartModelServer) -> None:
    server = model_server(FailsMidStream(2, "overloaded", Answer("one two three")))
    words = []
    async with client_of(server) as client:
        stream = await client.chat.completions.create(**CHAT_REQUEST, stream=True)
        with pytest.raises(openai.APIError, match="overloaded"):
            async for chunk in stream:
                words.append(chunk.choices[0].delta.content)  # noqa: PERF401
    assert words == ["", "one", " two"]


async def test_an_error_in_a_response_is_an_event(
    model_server: StartModelServer,
) -> None:
    server = model_server(FailsMidStream(1, "rate_limited", Answer("one two")))
    *_, error, failed = await events_of(server)
    assert (error.type, error.code) == ("error", "rate_limit_exceeded")
    assert failed.type == "response.failed"
    assert failed.response.status == "failed"
    assert failed.response.error.code == "rate_limit_exceeded"
    assert failed.sequence_number == error.sequence_number + 1


@pytest.mark.new_sdk
@pytest.mark.parametrize("ask", [chunks_of, events_of])
async def test_a_connection_drops_in_the_middle(
    model_server: StartModelServer, ask: Callable[..., Any]
) -> None:
    with pytest.raises(openai.APIConnectionError):
        await ask(model_server(Drops(1, Answer("one two three"))))


async def test_the_server_sees_the_client_leave(model_server: StartModelServer) -> None:
    server = model_server(Stalls(1, Answer("one two three")))
    async with client_of(server) as client:
        stream = await client.chat.completions.create(**CHAT_REQUEST, stream=True)
        words = [await anext(aiter(stream)), await anext(aiter(stream))]
        assert words[-1].choices[0].delta.content == "one"
        assert not server.connections[0].left
        await stream.close()
        await server.until(lambda: server.connections[0].left)


async def test_the_models_are_listed(model_server: StartModelServer) -> None:
    server = model_server(models=["gpt-a", "gpt-b"])
    async with client_of(server) as client:
        assert [m.id async for m in client.models.list()] == ["gpt-a", "gpt-b"]
