"""Gemini's responses: what each sample means, and what is not taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects.gemini import Gemini
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Citation,
    Failed,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .truncation_notices import LIMIT
from .vendor_samples import claimed, events_of, known, means

CUT_OFF = LIMIT.format("MAX_TOKENS")
MEANING: dict[str, list[Update]] = {
    # The first response counts the prompt and has no text yet.
    "text": [
        Usage(7),
        Text("Hello"),
        Usage(7, 1),
        Text(", wörld! ✓"),
        Usage(7, 5),
        Stopped("STOP"),
        Usage(7, 5, 4),
    ],
    # Some models end every response; the last reason counts.
    "stop_each": [
        Text("It"),
        Stopped("STOP"),
        Text(" rains"),
        Text(" on"),
        Stopped("MAX_TOKENS", CUT_OFF),
        Usage(3, 3),
    ],
    # Thoughts are counted separately from the answer, and are output.
    "thinking": [
        Reasoning("**Weighing it**\n\nHm."),
        Usage(5, 20, reasoning_tokens=20),
        Text("42"),
        Stopped("STOP"),
        Usage(5, 31, reasoning_tokens=30),
    ],
    # Two calls of one response are two, though neither has an index. The code's output
    # has no view, and is kept.
    "tools": [
        ToolCall(0, "", "get_weather", '{"city": "Oslo"}'),
        Raw("message", events_of("gemini/tools")[1].data),
        ToolCall(1, "fc_2", "get_time", "{}"),
        ToolCall(2, "", "code_execution", "print(1)"),
        Stopped("STOP"),
        Usage(69, 20),
    ],
    "grounding": [
        Text("It rains in Oslo."),
        Usage(8, 6),
        Text(" So says the sky."),
        Citation("weather.example", "https://weather.example/oslo"),
        Citation("Sky", "gs://b/sky.pdf", "The sky is grey."),
        Citation("", "https://code.example/x"),
        Stopped("STOP"),
        Usage(8, 9),
    ],
    "safety": [
        Text("Half"),
        Stopped(
            "SAFETY",
            "The answer was cut: the server's content filter stopped it. Ask for "
            "something else.",
        ),
        Usage(5, 1),
    ],
    "blocked": [
        Stopped(
            "PROHIBITED_CONTENT",
            "The server did not answer: its filter blocked the question "
            "(PROHIBITED_CONTENT).",
        ),
        Usage(9),
    ],
    "error": [
        Text("Half"),
        Failed(
            "The server is overloaded (503): The model is overloaded. Please try again "
            "later. Try again in a while."
        ),
    ],
    "array": [Text("In"), Text(" one"), Stopped("STOP"), Usage(2, 2)],
}


def test_what_each_sample_means() -> None:
    assert means("gemini") == MEANING


def part(**fields: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [fields], "role": "model"}}]}


def read_one(payload: Any) -> list[Update]:
    return list(Gemini().read(ServerSentEvent(data=json.dumps(payload))))


@pytest.mark.parametrize(
    "payload",
    [
        part(text="Hi"),
        part(),
        [part(text="Hi")],
        {"candidates": [{"finishReason": "STOP"}]},
        {"usageMetadata": {"promptTokenCount": 3}},
        {"promptFeedback": {"blockReason": "OTHER"}},
        [{"error": {"code": 429, "message": "Slow down", "status": "EXHAUSTED"}}],
    ],
)
def test_its_responses_are_known(payload: Any) -> None:
    assert claimed(payload) == ["gemini"]


@pytest.mark.parametrize(
    "payload",
    [
        {"candidates": ["Ada", "Bob"]},
        {"candidates": [{"name": "Ada", "content": "x"}]},
        {"content": {"parts": [{"text": "x"}]}},
        {"parts": [{"text": "x"}]},
        {"error": {"code": 1, "message": "no", "status": "x"}},
        [{"error": "no"}],
        [{"text": "x"}],
        [],
    ],
)
def test_what_is_somewhat_like_it_is_not_taken_for_it(payload: Any) -> None:
    assert claimed(payload) == []


def test_further_candidates_are_kept_apart_from_the_answer() -> None:
    payload = part(text="A")
    payload["candidates"].append(payload["candidates"][0] | {"index": 1})
    assert read_one(payload) == [Raw("message", json.dumps(payload)), Text("A")]


def test_every_picture_is_kept() -> None:
    reader = Gemini()
    picture = part(inlineData={"mimeType": "image/png", "data": "iVBORw0KGgo="})
    event = ServerSentEvent(data=json.dumps(picture))
    updates = [update for _ in range(3) for update in reader.read(event)]
    assert updates == [Raw("message", event.data)] * 3


def test_a_refusal_in_an_array_is_a_failure() -> None:
    [failure] = read_one(
        [{"error": {"code": 429, "message": "Quota exceeded", "status": "EXHAUSTED"}}]
    )
    assert isinstance(failure, Failed)
    assert "Quota exceeded" in failure.message


def test_its_sdk_dumps_the_same_in_snake_case() -> None:
    payload = {
        "candidates": [
            {
                "content": {
                    "parts": [{"function_call": {"name": "f", "args": {}, "id": None}}]
                },
                "finish_reason": "STOP",
                "grounding_metadata": {
                    "grounding_chunks": [{"web": {"uri": "https://a.example"}}]
                },
            }
        ],
        "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2},
        "sdk_http_response": {"headers": {}},
    }
    assert claimed(payload) == ["gemini"]
    assert read_one(payload) == [
        ToolCall(0, "", "f", "{}"),
        Citation(url="https://a.example"),
        Stopped("STOP"),
        Usage(3, 2),
    ]


def test_an_unspecified_reason_is_no_end() -> None:
    payload = part(text="Hi")
    payload["candidates"][0]["finishReason"] = "FINISH_REASON_UNSPECIFIED"
    payload["promptFeedback"] = {"blockReason": "BLOCKED_REASON_UNSPECIFIED"}
    assert read_one(payload) == [Text("Hi")]


def test_a_source_that_is_repeated_is_cited_once() -> None:
    reader = Gemini()
    [event] = events_of("gemini/grounding")[1:]
    first, again = known(reader.read(event)), known(reader.read(event))
    assert [u for u in first if isinstance(u, Citation)]
    assert not [u for u in again if isinstance(u, Citation)]


@pytest.mark.parametrize(
    "candidate",
    [{"content": "Hi"}, {"content": {"parts": ["Hi"]}}, "Hi"],
)
def test_what_is_no_text_is_kept(candidate: Any) -> None:
    """Nothing that was received is lost, of any type."""
    payload = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 3}}
    assert read_one(payload) == [Raw("message", json.dumps(payload)), Usage(3)]
