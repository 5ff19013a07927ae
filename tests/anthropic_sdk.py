"""Connect Anthropic's SDK to the model server, as a real client."""

from __future__ import annotations

from typing import Any

import anthropic

from nbstream.testing import ModelServer

REQUEST: Any = {
    "model": "claude-test",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
}


def client_of(
    server: ModelServer, key: str = "sk-any", **options: Any
) -> anthropic.AsyncAnthropic:
    options = {"max_retries": 0, **options}
    return anthropic.AsyncAnthropic(
        base_url=server.anthropic_base_url, api_key=key, **options
    )


async def final_message_of(
    server: ModelServer, **asked: Any
) -> anthropic.types.Message:
    """Return the message that the SDK itself assembles from the stream."""
    async with (
        client_of(server) as client,
        client.messages.stream(**{**REQUEST, **asked}) as stream,
    ):
        return await stream.get_final_message()
