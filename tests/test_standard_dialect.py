"""The standard event protocol: what each event means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from nbstream.dialects import Standard
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    Finished,
    Gap,
    LogLine,
    Metric,
    Progress,
    Raw,
    Reasoning,
    Row,
    Text,
    ToolCall,
    Usage,
)

from .json_strategies import json_values


def read(message: Any, event: str = "message") -> list[Any]:
    data = message if isinstance(message, str) else json.dumps(message)
    return list(Standard().read(ServerSentEvent(event=event, data=data)))


@pytest.mark.parametrize(
    ("message", "updates"),
    [
        ({"type": "connected"}, []),
        ({"type": "content", "data": "Hi "}, [Text("Hi ")]),
        ({"type": "reasoning", "data": "Hm"}, [Reasoning("Hm")]),
        (
            {"type": "tool_call", "index": 1, "id": "a", "name": "f", "arguments": "{"},
            [ToolCall(1, "a", "f", "{")],
        ),
        ({"type": "tool_call", "arguments": '"x"'}, [ToolCall(0, "", "", '"x"')]),
        (
            {"type": "tool_call", "name": "f", "arguments": {"x": 1}},
            [ToolCall(0, "", "f", '{"x": 1}')],
        ),
        ({"type": "usage", "input_tokens": 20}, [Usage(20)]),
        (
            {"type": "usage", "output_tokens": 3, "cached_tokens": 0, "cost": 1},
            [Usage(None, 3, 0)],
        ),
        ({"type": "progress", "current": 3, "total": 10}, [Progress("", 3, 10, 30.0)]),
        ({"type": "progress", "percent": 140}, [Progress(percent=100.0)]),
        ({"type": "progress", "name": "a", "current": 7}, [Progress("a", 7)]),
        ({"type": "item", "data": {"a": 1}}, [Row({"a": 1})]),
        ({"type": "item", "data": None}, [Row(None)]),
        (
            {"type": "metric", "name": "loss", "step": 12, "value": 0.31},
            [Metric("loss", 0.31, 12)],
        ),
        ({"type": "log", "message": "up"}, [LogLine("up", "")]),
        ({"type": "log", "level": "WARN", "message": "hot"}, [LogLine("hot", "warn")]),
        ({"type": "gap", "lost": 12}, [Gap(12)]),
        ({"type": "gap"}, [Gap()]),
        ({"type": "gap", "lost": 0}, []),
        ({"type": "error", "message": "no"}, [Failed("no")]),
        ({"type": "error", "error": {"message": "deep"}}, [Failed("deep")]),
        ({"type": "done"}, [Finished()]),
        ("[DONE]", [Finished()]),
        ("not JSON", [Text("not JSON")]),
        ("{half", [Text("{half")]),
        ("42", [Text("42")]),
        ("", []),
    ],
)
def test_each_type(message: Any, updates: list[Any]) -> None:
    assert read(message) == updates


@pytest.mark.parametrize(
    ("event", "data", "updates"),
    [
        ("progress", {"current": 1, "total": 2}, [Progress("", 1, 2, 50.0)]),
        ("log", "plain line", [LogLine("plain line")]),
        ("error", "went wrong", [Failed("went wrong")]),
        ("done", "", [Finished()]),
        ("message", "plain", [Text("plain")]),
    ],
)
def test_the_type_may_be_in_the_event_field(
    event: str, data: Any, updates: list[Any]
) -> None:
    assert read(data, event) == updates


@pytest.mark.parametrize(
    "message",
    [
        {"type": "surprise", "x": 1},
        {"no": "type"},
        {"type": 7},
        {"type": "content", "data": 5},
        {"type": "reasoning"},
        {"type": "tool_call"},
        {"type": "tool_call", "index": "first", "name": "f"},
        {"type": "usage", "input_tokens": "many"},
        {"type": "usage", "output_tokens": -1},
        {"type": "progress"},
        {"type": "item"},
        {"type": "metric", "name": "loss", "value": "high"},
        {"type": "log"},
    ],
)
def test_an_unknown_event_is_kept(message: Any) -> None:
    """Never dropped silently, and never a crash."""
    assert read(message) == [Raw("message", json.dumps(message))]


def test_whole_calls_without_an_index_are_separate_calls() -> None:
    reader = Standard()
    payloads = [
        {"type": "tool_call", "name": "write", "arguments": {"p": 1}},
        {"type": "tool_call", "name": "write", "arguments": {"p": 2}},
        {"type": "tool_call", "name": "write", "arguments": '{"p":2}'},
    ]
    updates = [
        u for t in payloads for u in reader.read(ServerSentEvent(data=json.dumps(t)))
    ]
    assert updates == [
        ToolCall(0, "", "write", '{"p": 1}'),
        ToolCall(1, "", "write", '{"p": 2}'),
    ]


@given(json_values)
def test_nothing_that_a_server_sends_raises(value: Any) -> None:
    read(json.dumps(value))
    kinds = ("progress", "metric", "log", "error", "item", "content", "gap")
    for kind in (*kinds, "reasoning", "tool_call", "usage"):
        if isinstance(value, dict):
            read(json.dumps({**value, "type": kind, "name": "n", "value": 10**400}))


@pytest.mark.parametrize(
    ("message", "row"),
    [
        ({"a": 1}, {"a": 1}),
        ({"type": "leak", "a": 1}, {"type": "leak", "a": 1}),
        ({"type": "log", "path": "/x"}, {"type": "log", "path": "/x"}),
        ({"data": 1, "unit": "m"}, {"data": 1, "unit": "m"}),
        ({"data": {"a": 1}}, {"a": 1}),
        ({"type": "item", "data": {"a": 1}}, {"a": 1}),
        ({"error": "of measurement", "done": True}, None),
    ],
)
def test_under_the_event_type_item_an_object_is_the_item_itself(
    message: Any, row: Any
) -> None:
    assert read(message, event="item") == [Row(message if row is None else row)]
    assert read({"type": "progress", "current": 3}, event="item") == [
        Progress(current=3)
    ], "but a message by its own type stays one"
