"""Deviations of compatible servers from OpenAI's formats, and fields that the
samples lack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects import OpenAI
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .truncation_notices import CUT, LIMIT
from .vendor_samples import claimed


def test_a_completion_is_recognised_without_object() -> None:
    assert claimed({"choices": [{"text": "Hi", "finish_reason": None}]}) == ["openai"]
    assert claimed({"choices": [{"text": "Ada"}, {"text": "Bob"}]}) == []


def read_one(payload: dict[str, Any], event: str = "message") -> list[Update]:
    return list(OpenAI().read(ServerSentEvent(event=event, data=json.dumps(payload))))


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta} | choice]}


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("STOP", ""),
        ("eos", ""),
        ("MAX_TOKENS", LIMIT.format("MAX_TOKENS")),
        # From Mistral and DeepSeek.
        ("model_length", CUT + "question and answer fill the model's context window."),
        ("insufficient_system_resource", CUT + "the server was short of resources."),
    ],
)
def test_finish_reasons_of_compatible_servers(reason: str, sentence: str) -> None:
    [stopped] = read_one(chunk({}, finish_reason=reason))
    assert isinstance(stopped, Stopped)
    assert stopped.reason == reason
    assert stopped.message.startswith(sentence)
    assert bool(stopped.message) == bool(sentence)


def test_further_choices_are_kept_apart_from_the_answer() -> None:
    payload = chunk({"content": "A"})
    other = chunk({"content": "B"}, index=1)
    assert read_one(payload) == [Text("A")]
    assert read_one(other) == [Raw("message", json.dumps(other))]


@pytest.mark.parametrize(
    ("payload", "updates"),
    [
        # Mistral: an answer in parts, of which some are thinking.
        (
            chunk(
                {
                    "content": [
                        {
                            "type": "thinking",
                            "thinking": [{"type": "text", "text": "Hm"}],
                        },
                        {"type": "text", "text": "Yes"},
                    ]
                }
            ),
            [Reasoning("Hm"), Text("Yes")],
        ),
        # Ollama: arguments as a value, and no index.
        (
            chunk({"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}),
            [ToolCall(0, "", "f", '{"a": 1}')],
        ),
        # The old completions.
        ({"choices": [{"index": 0, "text": "Once"}]}, [Text("Once")]),
        # An older vLLM's error.
        (
            {"object": "error", "message": "no", "type": "NotFoundError", "code": 404},
            [
                Failed(
                    "The server does not have this (404): no. Check the model's name "
                    "and the address."
                )
            ],
        ),
    ],
)
def test_deviations_of_compatible_servers(
    payload: dict[str, Any], updates: list[Update]
) -> None:
    assert read_one(payload) == updates


def test_usage_that_is_repeated_is_read_once() -> None:
    dialect = OpenAI()
    payload = {**chunk({"content": "a"}), "usage": {"prompt_tokens": 3}}
    event = ServerSentEvent(data=json.dumps(payload))
    assert list(dialect.read(event)) == [Text("a"), Usage(3)]
    assert list(dialect.read(event)) == [Text("a")]


@pytest.mark.parametrize(
    ("payload", "update"),
    [
        (
            {
                "type": "response.output_text.done",
                "output_index": 0,
                "content_index": 0,
                "text": "All at once",
            },
            Text("All at once"),
        ),
        (
            {
                "type": "response.output_item.done",
                "output_index": 2,
                "item": {"type": "function_call", "arguments": "{}"},
            },
            ToolCall(2, arguments="{}"),
        ),
    ],
)
def test_a_whole_text_counts_where_there_were_no_deltas(
    payload: dict[str, Any], update: Update
) -> None:
    assert read_one(payload) == [update]


@pytest.mark.parametrize(
    "payload",
    [
        {"brand": "new"},
        {"choices": "many"},
        {"choices": [7]},
        chunk({"content": 5}),
        chunk({"tool_calls": "f"}),
        chunk({"content": "", "hologram": {"x": 1}}),
        {"type": "response.hologram.delta", "delta": "x"},
        {"type": "response.output_text.delta", "delta": 5},
        {"type": "response.output_item.added", "item": {"type": "hologram"}},
        {
            "type": "response.image_generation_call.partial_image",
            "partial_image_b64": "iVBO",
        },
    ],
)
def test_an_unknown_event_is_kept(payload: dict[str, Any]) -> None:
    assert read_one(payload) == [Raw("message", json.dumps(payload))]
