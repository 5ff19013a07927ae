"""Connect OpenAI's SDK to the model server, as a real client."""

from __future__ import annotations

from typing import Any

import openai

from nbstream.testing import (
    ModelServer,
)

CHAT_REQUEST: Any = {
    "model": "gpt-test",
    "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
}
RESPONSE_REQUEST: Any = {"model": "gpt-test", "input": "What is the weather in Paris?"}


def client_of(server: ModelServer, **options: Any) -> openai.AsyncOpenAI:
    options = {"max_retries": 0, "api_key": "sk-any", **options}
    return openai.AsyncOpenAI(base_url=server.openai_base_url, **options)


async def chunks_of(server: ModelServer, **options: Any) -> list[Any]:
    options = {**CHAT_REQUEST, "stream": True, **options}
    async with client_of(server) as client:
        stream = await client.chat.completions.create(**options)
        return [chunk async for chunk in stream]


async def completion_of(server: ModelServer, **options: Any) -> Any:
    """Return the completion that the SDK itself assembles from a chat's stream."""
    async with (
        client_of(server) as client,
        client.chat.completions.stream(**{**CHAT_REQUEST, **options}) as stream,
    ):
        return await stream.get_final_completion()


async def events_of(server: ModelServer, **options: Any) -> list[Any]:
    options = {**RESPONSE_REQUEST, "stream": True, **options}
    async with client_of(server) as client:
        stream = await client.responses.create(**options)
        return [event async for event in stream]


async def response_of(server: ModelServer, **options: Any) -> Any:
    """Return the response that the SDK itself assembles from its stream."""
    async with (
        client_of(server) as client,
        client.responses.stream(**{**RESPONSE_REQUEST, **options}) as stream,
    ):
        return await stream.get_final_response()
