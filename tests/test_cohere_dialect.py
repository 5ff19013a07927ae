"""Cohere's Chat of version 2: what each sample means, and similar events that are not
claimed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects.cohere import Cohere
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Citation,
    Failed,
    Finished,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .truncation_notices import LIMIT
from .vendor_samples import claimed, means

CUT_OFF = LIMIT.format("MAX_TOKENS")
# It ends twice: by its own event, and by `[DONE]`.
END = [Finished(), Finished()]
MEANING: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Usage(71, 5),
        Stopped("COMPLETE"),
        *END,
    ],
    "thinking": [
        Reasoning("Let me "),
        Reasoning("see."),
        Text("42"),
        Usage(9, 30, 6),
        Stopped("COMPLETE"),
        *END,
    ],
    "tools": [
        Reasoning("I will"),
        Reasoning(" look."),
        ToolCall(0, "get_weather_14brd1n2kfqj", "get_weather"),
        ToolCall(0, arguments='{"city":'),
        ToolCall(0, arguments='"Oslo"}'),
        ToolCall(1, "get_time_r3zq0axxsg0v", "get_time"),
        ToolCall(1, arguments="{}"),
        Usage(37, 28),
        Stopped("TOOL_CALL"),
        *END,
    ],
    "citations": [
        Text("It rains."),
        Citation("Oslo", "https://weather.example/oslo", "Rain all day."),
        Citation("get_weather:0"),
        Usage(30, 6),
        Stopped("COMPLETE"),
        *END,
    ],
    "max_tokens": [
        Text("Once upon"),
        Usage(5, 2),
        Stopped("MAX_TOKENS", CUT_OFF),
        *END,
    ],
    "error": [
        Text("Half"),
        Usage(5, 1),
        Failed("The server sent an error: no healthy upstream."),
    ],
}


def test_a_sample_has_the_documented_meaning() -> None:
    assert means("cohere") == MEANING


def delta(kind: str, **message: Any) -> dict[str, Any]:
    return {"type": kind, "index": 0, "delta": {"message": message}}


@pytest.mark.parametrize(
    "payload",
    [
        delta("message-start", role="assistant"),
        delta("content-delta", content={"text": "Hi"}),
        delta("tool-plan-delta", tool_plan="I will"),
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ],
)
def test_its_events_are_recognised(payload: Any) -> None:
    assert claimed(payload) == ["cohere"]


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "content-delta", "delta": "Hi"},
        {"type": "content-delta", "text": "Hi"},
        {"type": "message-start"},
        {"type": "message-end"},
        {"type": "content-end", "index": 0},
        delta("message", content={"text": "Hi"}),
    ],
)
def test_similar_events_are_not_claimed(payload: Any) -> None:
    assert claimed(payload) == []


def test_billed_units_count_where_tokens_are_missing() -> None:
    usage = {"billed_units": {"input_tokens": 3, "output_tokens": 2}}
    payload = {
        "type": "message-end",
        "delta": {"finish_reason": "ERROR", "usage": usage},
    }
    cut = "The answer was cut: the server met an error."
    assert read_one(payload) == [Usage(3, 2), Stopped("ERROR", cut), Finished()]


def test_an_event_that_lacks_a_required_field_is_kept() -> None:
    for payload in (
        delta("content-delta", content={"text": 7}),
        delta("tool-call-delta"),
        delta("citation-start"),
        {"type": "message-start"},
        {"type": "debug", "prompt": "…"},
    ):
        assert read_one(payload) == [Raw("message", json.dumps(payload))]


def read_one(payload: Any) -> list[Update]:
    return list(Cohere().read(ServerSentEvent(data=json.dumps(payload))))
