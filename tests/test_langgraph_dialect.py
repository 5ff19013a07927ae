"""LangGraph: what each sample means."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.updates import (
    Ending,
    Failed,
    LogLine,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    # The usage of a run's calls is added up.
    "messages": [
        Reasoning("Sky?"),
        Text("Wait "),
        Usage(20, 0),
        Text("for it."),
        ToolCall(0, "c1", "weather"),
        ToolCall(0, arguments='{"city":"Oslo"}'),
        Usage(20, 9, 4),
        Stopped("tool_use"),
        Text("Grey."),
        Usage(50, 11, 4),
        Stopped("stop"),
    ],
    # Each event has the whole message so far.
    "partial": [
        Text("Wait"),
        ToolCall(0, "c1", "weather", '{"city":'),
        Text(" for it."),
        ToolCall(0, arguments='"Oslo"}'),
        Usage(8, 3),
        Stopped("stop"),
    ],
    # Each event has the whole state so far; messages of earlier turns are not shown.
    "values": [
        Row({"city": "Oslo"}),
        ToolCall(0, "c1", "weather", '{"city": "Oslo"}'),
        Text("Grey."),
        Usage(8, 3),
        Row({"city": "Oslo", "sky": "grey"}),
    ],
    "updates": [
        Row({"node": "topic", "topic": "tides and cats"}),
        Text("Cats float."),
        Row({"node": "joke", "joke": "Cats float."}),
        Row({"joke": "Cats float."}),
        Row({"node": "__interrupt__", "update": [{"value": "Approve?", "id": "i1"}]}),
        Row({"progress": "half"}),
        LogLine("Looking it up"),
    ],
    "javascript": [
        Text("Wait"),
        Text(" for it."),
        Failed("GraphRecursionError: Recursion limit of 25 reached"),
    ],
    "events": [Text("Hello"), Ending()],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"langgraph/{name}"), "langgraph")) == MEANING[name]


def test_what_a_tool_answers_is_kept() -> None:
    updates = read(events_of("langgraph/messages"), "langgraph")
    kept = [update.data for update in updates if isinstance(update, Raw)]
    assert '"tool_call_id": "c1"' in kept[-1]


def test_a_state_does_not_repeat_what_streamed() -> None:
    """Also where the message in the state has another id than its chunks had."""
    chunk = {"type": "AIMessageChunk", "id": "run-1", "content": "Hello"}
    whole = {"type": "ai", "id": "msg-9", "content": "Hello"}
    stream = [
        event_of([chunk, {"langgraph_node": "agent"}], "messages"),
        event_of({"agent": {"messages": [whole]}}, "updates"),
        event_of({"messages": [whole]}, "values|sub:1"),
    ]
    assert known(read(stream, "langgraph")) == [Text("Hello")]


def test_messages_that_follow_one_another_are_paragraphs() -> None:
    meta: dict[str, Any] = {"langgraph_node": "agent"}
    stream = [
        event_of(
            [{"type": "AIMessageChunk", "id": id, "content": "Hi"}, meta], "messages"
        )
        for id in ("a", "a", "b")
    ]
    assert read(stream, "langgraph") == [Text("Hi"), Text("Hi"), Text("\n\nHi")]


@pytest.mark.parametrize("value", MEASURES)
@pytest.mark.parametrize(
    "event",
    ["message", "messages", "values", "updates", "custom", "events", "metadata"],
)
def test_home_made_json_is_not_claimed(value: object, event: str) -> None:
    assert "langgraph" not in formats_of(event_of(value, event))
