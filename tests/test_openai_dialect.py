"""OpenAI's formats, from its own and compatible servers: what each sample means."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from nbstream.updates import (
    Citation,
    Failed,
    Finished,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .truncation_notices import CUT, LIMIT
from .vendor_samples import events_of, message, names, read

FILTERED = CUT + "the server's content filter stopped it."
DECLINED = "The model declined to answer."

CHAT: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Stopped("stop"),
        Usage(19, 10, 8, 0),
        Finished(),
    ],
    "reasoning_content": [
        Reasoning("Let me "),
        Reasoning("see."),
        Text("42"),
        Stopped("stop"),
        Usage(9, 30, 0, 25),
        Finished(),
    ],
    # Sent under its new name and its old one, it is the same reasoning.
    "reasoning_both": [
        Reasoning("Hm."),
        Text("Yes"),
        Stopped("stop"),
        Finished(),
    ],
    "tools": [
        ToolCall(0, "call_DdmO9pD3xa9XTPNJ32zg2hcA", "get_weather"),
        ToolCall(0, arguments='{"city":'),
        ToolCall(1, "call_a1", "get_time"),
        ToolCall(1, arguments="{}"),
        ToolCall(0, arguments='"Oslo"}'),
        Stopped("tool_calls"),
        Finished(),
    ],
    "function_call": [
        ToolCall(0, "", "roll"),
        ToolCall(0, arguments='{"sides":'),
        ToolCall(0, arguments="6}"),
        Stopped("function_call"),
        Finished(),
    ],
    "azure": [Text("Hi"), Stopped("content_filter", FILTERED), Finished()],
    "length": [
        Text("Once upon"),
        Stopped("length", LIMIT.format("length")),
        Finished(),
    ],
    "refusal": [
        Text("I'm sorry, "),
        Text("I can't."),
        Stopped("refusal", DECLINED),
        Finished(),
    ],
    "citations": [
        Text("It rains."),
        Citation("Oslo", "https://weather.example/oslo"),
        Stopped("stop"),
        Finished(),
    ],
    "llamacpp": [Text("Ja"), Stopped("stop"), Usage(36, 2, 30), Finished()],
    # `text` and `delta` have the same words.
    "together": [
        Text("It"),
        Text(" rains"),
        Stopped("stop"),
        Usage(8, 2, 0),
        Finished(),
    ],
    "deepseek": [
        Reasoning("Hm."),
        Text("Yes"),
        Stopped("stop"),
        Usage(12, 3, 8, 1),
        Finished(),
    ],
    "groq": [Text("Ja"), Stopped("stop"), Usage(18, 2), Finished()],
    "openrouter": [
        Reasoning("Hm."),
        Text("Yes"),
        Stopped("stop"),
        Usage(4, 2),
        Finished(),
    ],
    "mistral": [
        Text("Half"),
        Stopped("length", LIMIT.format("length")),
        Usage(9, 1),
        Finished(),
    ],
    "error": [
        Text("Half"),
        Failed(
            "The server failed (server_error): The server had an error while "
            "processing your request. Try again."
        ),
    ],
    "error_openrouter": [
        Text("Half"),
        Failed(
            "The rate limit is reached (429): Rate limited upstream. Wait a while, "
            "then try again."
        ),
    ],
    "error_vllm": [
        Failed(
            "The server did not accept the request (400): This model's maximum "
            "context length is 4096 tokens. Mend what it names."
        ),
        Finished(),
    ],
    "error_words": [
        Text("Half"),
        Failed("The server sent an error: model runner has unexpectedly stopped."),
    ],
}

COMPLETIONS: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Stopped("stop"),
        Usage(5, 4),
        Finished(),
    ],
    "length": [
        Text("Once"),
        Text(" upon"),
        Stopped("length", LIMIT.format("length")),
        Finished(),
    ],
}

RESPONSES: dict[str, list[Update]] = {
    "text": [
        Text("Hi"),
        Text(" there! ✓"),
        Usage(36, 87, 32, 0),
        Stopped("completed"),
        Finished(),
    ],
    "reasoning": [
        Reasoning("**Looking**"),
        Reasoning(" at it"),
        Reasoning("\n\n"),
        Reasoning("Done"),
        Text("42"),
        Usage(20, 300, 0, 256),
        Stopped("completed"),
        Finished(),
    ],
    "reasoning_text": [
        Reasoning("Hm, "),
        Reasoning("yes"),
        Text("Yes"),
        Usage(5, 6, 0, 0),
        Stopped("completed"),
        Finished(),
    ],
    "function_call": [
        ToolCall(0, "call_oDqkPAz", "get_weather"),
        ToolCall(0, arguments='{"location":'),
        ToolCall(0, arguments='"Paris"}'),
        ToolCall(1, "call_2", "run"),
        ToolCall(1, arguments="print(1)"),
        Usage(291, 23, 0, 0),
        Stopped("completed"),
        Finished(),
    ],
    "web_search": [
        ToolCall(0, "ws_0", "web_search"),
        ToolCall(0, arguments='{"type": "search", "query": "weather Oslo"}'),
        Text("It rains."),
        Text(" See Oslo."),
        Citation("Oslo", "https://weather.example/oslo?utm_source=openai"),
        Citation("climate.pdf"),
        Usage(300, 40, 0, 0),
        Stopped("completed"),
        Finished(),
    ],
    "refusal": [
        Text("I'm sorry,"),
        Text(" I can't help with that."),
        Usage(10, 9, 0, 0),
        Stopped("refusal", DECLINED),
        Finished(),
    ],
    "incomplete": [
        Text("Once upon"),
        Usage(10, 16, 0, 0),
        Stopped("max_output_tokens", LIMIT.format("max_output_tokens")),
        Finished(),
    ],
    "content_filter": [Text("Once"), Stopped("content_filter", FILTERED), Finished()],
    "failed": [
        Failed(
            "The server failed (server_error): The model failed to generate a "
            "response. Try again."
        )
    ],
    "error": [
        Text("Half"),
        Failed(
            "The rate limit is reached (rate_limit_exceeded): Rate limit reached for "
            "gpt-5. Wait a while, then try again."
        ),
    ],
}
SAMPLES = {
    f"{folder}/{name}": updates
    for folder, meant in (
        ("openai_chat", CHAT),
        ("openai_completions", COMPLETIONS),
        ("openai_responses", RESPONSES),
    )
    for name, updates in meant.items()
}


def test_every_sample_has_an_expected_meaning() -> None:
    assert set(SAMPLES) == {name for name in names() if name.startswith("openai")}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert read(events_of(name), "openai") == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_what_the_sdk_reads(name: str) -> None:
    """Except for compatible servers' deviations from the format: errors in the stream,
    their own finish reasons, and Azure's first chunk."""
    chunk: TypeAdapter[Any] = TypeAdapter(ChatCompletionChunk)
    typed: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in events_of(name):
        payload = message(event)
        if payload is None:
            assert event.data == "[DONE]"
        elif name.startswith("openai_responses"):
            assert event.event == payload["type"]
            typed.validate_python(payload)
        elif name.startswith("openai_completions"):
            for choice in payload[
                "choices"
            ]:  # the SDK's type does not allow the null that the server sends
                choice["finish_reason"] = choice["finish_reason"] or "stop"
            Completion.model_validate(payload)
        elif "error" not in payload and "prompt_filter_results" not in payload:
            chunk.validate_python(payload)
