"""An SDK's own stream, iterated in Python: its items mean the same as the HTTP
response."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import anthropic
import httpx
import openai
import pytest

from nbstream.dialects import dialect_named
from nbstream.sse import ServerSentEvent
from nbstream.testing import Answer, Citation, ModelServer, StartModelServer
from nbstream.updates import Finished, Reasoning, Stopped, Text, ToolCall, Update

from .vendor_samples import decoded, updates_in

pytestmark = pytest.mark.anyio

Items = Callable[[ModelServer], AsyncIterator[Any]]
CONVERSATION = [{"role": "user", "content": "What is the weather?"}]
MESSAGES: dict[str, Any] = {"model": "m", "max_tokens": 1000, "messages": CONVERSATION}
CHAT: dict[str, Any] = {
    "model": "m",
    "messages": CONVERSATION,
    "stream_options": {"include_usage": True},
}
RESPONSES: dict[str, Any] = {"model": "m", "input": "What is the weather?"}
ANSWERS = [
    Answer("It is sunny, as ever."),
    Answer(
        "Sun.", thinking="Let me see.", citations=[Citation("T", "https://t.example")]
    ),
    Answer("", tool_calls=[("weather", {"city": "Oslo"}), ("time", {})]),
    Answer("I would rather not.", stop="refusal"),
]


def message_events(server: ModelServer) -> AsyncIterator[Any]:
    client = claude(server)
    return items_of(client, client.messages.create(**MESSAGES, stream=True))


def message_helper(server: ModelServer) -> AsyncIterator[Any]:
    client = claude(server)
    return items_of(client, client.messages.stream(**MESSAGES))


def chat_chunks(server: ModelServer) -> AsyncIterator[Any]:
    client = gpt(server)
    return items_of(client, client.chat.completions.create(**CHAT, stream=True))


def chat_helper(server: ModelServer) -> AsyncIterator[Any]:
    client = gpt(server)
    return items_of(client, client.chat.completions.stream(**CHAT))


def response_events(server: ModelServer) -> AsyncIterator[Any]:
    client = gpt(server)
    return items_of(client, client.responses.create(**RESPONSES, stream=True))


def response_helper(server: ModelServer) -> AsyncIterator[Any]:
    client = gpt(server)
    return items_of(client, client.responses.stream(**RESPONSES))


async def items_of(client: Any, opening: Any) -> AsyncIterator[Any]:
    """Yield the items of a stream, or of what a call for one returns; close both."""
    async with client:
        manager = await opening if inspect.isawaitable(opening) else opening
        async with manager as stream:
            async for item in stream:
                yield item


def claude(server: ModelServer) -> anthropic.AsyncAnthropic:
    url = server.anthropic_base_url
    return anthropic.AsyncAnthropic(base_url=url, api_key="any", max_retries=0)


def gpt(server: ModelServer) -> openai.AsyncOpenAI:
    url = server.openai_base_url
    return openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0)


async def wire(server: ModelServer, path: str, asked: dict[str, Any]) -> list[Update]:
    """Return the updates of the same answer's bytes."""
    headers = {"authorization": "Bearer any", "x-api-key": "any"}
    headers["anthropic-version"] = "2023-06-01"
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.post(f"{server.origin}{path}", json=asked)
    return read(decoded([answer.content]))


def read(events: Sequence[ServerSentEvent]) -> list[Update]:
    """Return the updates of the events, without a stream's end: an iterator just
    ends."""
    reader = dialect_named("auto")
    updates = [update for event in events for update in updates_in(reader, event)]
    updates += reader.end()
    return [update for update in updates if not isinstance(update, Finished)]


async def dumped(items: AsyncIterator[Any]) -> list[ServerSentEvent]:
    return [
        ServerSentEvent(data=json.dumps(item.model_dump(warnings=False)))
        async for item in items
    ]


STREAMS: dict[str, tuple[Items, str, dict[str, Any]]] = {
    "messages.create": (message_events, "/v1/messages", MESSAGES),
    "messages.stream": (message_helper, "/v1/messages", MESSAGES),
    "chat.completions.create": (chat_chunks, "/v1/chat/completions", CHAT),
    "chat.completions.stream": (chat_helper, "/v1/chat/completions", CHAT),
    "responses.create": (response_events, "/v1/responses", RESPONSES),
    "responses.stream": (response_helper, "/v1/responses", RESPONSES),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", STREAMS)
async def test_items_of_a_stream_mean_the_same_as_its_bytes(
    model_server: StartModelServer, name: str, answer: Answer
) -> None:
    items, path, asked = STREAMS[name]
    # The server's ids contain the number of the question, so each is its first one.
    events = await dumped(items(model_server(answer)))
    expected = await wire(model_server(answer), path, {**asked, "stream": True})
    assert read(events) == expected
    assert any(isinstance(u, Text | ToolCall) for u in expected)


@pytest.mark.parametrize("name", STREAMS)
async def test_whole_answers_mean_the_same(
    model_server: StartModelServer, name: str
) -> None:
    """Requested without `stream`, the parts are the same, in fewer pieces."""
    _, path, asked = STREAMS[name]
    asked = {key: value for key, value in asked.items() if key != "stream_options"}
    answer = Answer("Sun.", thinking="Hm.", tool_calls=[("weather", {"city": "Oslo"})])

    headers = {"authorization": "Bearer any", "x-api-key": "any"}
    headers["anthropic-version"] = "2023-06-01"
    async with httpx.AsyncClient(headers=headers) as client:
        url = f"{model_server(answer).origin}{path}"
        whole = (await client.post(url, json=asked)).text
    streamed = await wire(model_server(answer), path, {**asked, "stream": True})
    assert parts(read([ServerSentEvent(data=whole)])) == parts(streamed)


def parts(updates: list[Update]) -> dict[str, str]:
    def all_of(kind: type, field: str) -> str:
        return "".join(getattr(u, field) for u in updates if isinstance(u, kind))

    return {
        "text": all_of(Text, "text"),
        "reasoning": all_of(Reasoning, "text"),
        "calls": all_of(ToolCall, "name") + all_of(ToolCall, "arguments"),
        "reason": all_of(Stopped, "reason"),
    }


@pytest.mark.new_sdk
@pytest.mark.parametrize(
    ("name", "kept", "texts"),
    [
        (
            "messages.stream",
            {"text", "thinking"},
            {Reasoning: "Hm.", Text: "It rains."},
        ),
        ("chat.completions.stream", {"content.delta"}, {Text: "It rains."}),
    ],
)
async def test_a_program_that_keeps_only_the_helpers_events_has_its_text(
    model_server: StartModelServer,
    name: str,
    kept: set[str],
    texts: dict[type[Text | Reasoning], str],
) -> None:
    server = model_server(Answer("It rains.", thinking="Hm."))
    events = await dumped(STREAMS[name][0](server))
    helpers = [e for e in events if json.loads(e.data)["type"] in kept]
    updates = read(helpers)
    assert not any(isinstance(update, Stopped) for update in updates)
    for kind, words in texts.items():
        assert "".join(u.text for u in updates if isinstance(u, kind)) == words
