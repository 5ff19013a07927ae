"""Dialects against undocumented, missing and malformed fields."""

from __future__ import annotations

import copy
import json
import random
import sys
from dataclasses import fields
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.transcript import Transcript
from nbstream.dialects import Anthropic, dialect_named, dialect_names
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Ending,
    Failed,
    Finished,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
)

from .json_strategies import json_values
from .vendor_samples import (
    ENDLESS,
    bytes_of,
    decoded,
    dialect_of,
    events_of,
    known,
    message,
    names,
    nodes,
    read,
    replaced,
    updates_in,
    with_message,
)

pytestmark = pytest.mark.slow

# The content of these is the tool's, not the format's, and is shown unchanged.
FREE = {"input", "action", "arguments", "args"}
# So are fields of one format under a name that has another meaning in others.
FREE_IN = {
    "vercel": {"data", "output", "messageMetadata"},
    "ag_ui": {"snapshot", "result", "interrupts"},
    "json_rpc": {"data", "structuredContent", "tools"},
    "langgraph": {"args"},
    "dify": {"inputs", "outputs"},
    "flowise": {"toolInput"},
    "gradio": {"data"},
}
# And the whole data of these events, by format. Of an error, the message is shown.
FREE_EVENTS = {
    "langgraph": {"metadata", "updates", "values", "custom", "error"},
    "langserve": {"error"},
    "gradio": {"generating", "complete"},
}
STRANGE: list[Any] = [
    None,
    True,
    7,
    -1.5,
    10**400,
    float("inf"),
    "x",
    "",
    [],
    [1, "x", None, {}],
]
STRANGE += [{}, {"x": 1, "type": "x"}, [{"type": "text", "index": []}]]


@pytest.mark.parametrize("name", names())
def test_however_the_network_cuts_a_stream_it_means_the_same(name: str) -> None:
    whole, dice = bytes_of(name), random.Random(name)
    expected = read(events_of(name), "auto")
    for _ in range(20):
        cuts = sorted(dice.choices(range(len(whole) + 1), k=dice.randint(1, 30)))
        bounds = [0, *cuts, len(whole)]
        pieces = [whole[a:b] for a, b in pairwise(bounds)]
        assert read(decoded(pieces), "auto") == expected


@pytest.mark.parametrize("name", names())
def test_news_is_kept_and_changes_nothing(name: str) -> None:
    """Random unknown fields in every event, random unknown events between them."""
    events, dice = events_of(name), random.Random(name)
    folder = name.split("/")[0]
    free = FREE | FREE_IN.get(folder, set())
    expected = known(read(events, dialect_of(name)))
    for _ in range(20):
        stream: list[ServerSentEvent] = []
        news: list[str] = []
        fresh: list[str] = []
        for event in events:
            while dice.random() < 0.3:
                kind = dice.choice(["", "response."]) + f"new_{dice.randrange(10**9)}"
                new = {"type": kind, "delta": value_of(dice), "x": value_of(dice)}
                stream.append(ServerSentEvent(event=kind, data=json.dumps(new)))
                news.append(stream[-1].data)
            body = copy.deepcopy(message(event))
            if event.event in FREE_EVENTS.get(folder, ()):
                body = None
            if body is not None:
                with_news(body, dice, free)
                if isinstance(body, dict):
                    field = f"x_{dice.randrange(10**9)}"
                    body[field] = value_of(dice)
                    fresh.append(field)
                event = with_message(event, body)
            stream.append(event)
        updates = read(stream, dialect_of(name))
        assert known(updates) == expected
        kept = [update.data for update in updates if isinstance(update, Raw)]
        assert [data for data in news if data not in kept] == []
        assert [f for f in fresh if not any(f in data for data in kept)] == []


def with_news(value: Any, dice: random.Random, free: set[str]) -> None:
    """Put unknown fields into a message, anywhere but where fields are free."""
    if isinstance(value, list):
        for item in value:
            with_news(item, dice, free)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in free:
                with_news(inner, dice, free)
        if dice.random() < 0.5:
            value[f"y_{dice.randrange(10**9)}"] = value_of(dice)


def value_of(dice: random.Random) -> Any:
    return dice.choice([True, 7, "x", [1, {"y": 2}], {"text": "no", "type": "text"}])


@pytest.mark.parametrize("name", names())
def test_a_wrong_type_in_any_place_is_no_crash(name: str) -> None:
    events = events_of(name)
    for i, event in enumerate(events):
        body = message(event)
        if body is None:
            continue
        for path in nodes(body):
            for strange in STRANGE:
                wrong = with_message(event, replaced(body, path, strange))
                updates = read([*events[max(i - 2, 0) : i], wrong], dialect_of(name))
                check(updates)


@pytest.mark.parametrize("dialect", ["auto", "vendor"])
@pytest.mark.parametrize("name", names())
def test_a_stream_that_breaks_off_does_not_look_complete(
    name: str, dialect: str
) -> None:
    """At any length, the answer either had its end event or is marked as truncated."""
    events = events_of(name)
    for count in range(1, len(events) + 1):
        by_name = dialect == "vendor"
        reader = dialect_named(dialect_of(name) if by_name else dialect)
        updates = [
            update for event in events[:count] for update in updates_in(reader, event)
        ]
        if any(isinstance(update, Failed) for update in updates):
            continue  # it ends the stream by itself
        ends = Stopped | Finished | Ending
        if name.split("/")[0] in ENDLESS:
            assert not any(isinstance(update, ends) for update in reader.end())
        elif any(isinstance(update, ends) for update in updates):
            assert list(reader.end()) == []
        elif any(isinstance(update, Text | Reasoning | ToolCall) for update in updates):
            # Buffered text, if any, precedes it.
            *_, cut = reader.end()
            assert isinstance(cut, Stopped)
            assert "may be cut" in cut.message


@given(st.lists(json_values, max_size=4), st.sampled_from(dialect_names()))
def test_no_json_is_a_crash(values: list[Any], dialect: str) -> None:
    check(read([ServerSentEvent(data=json.dumps(value)) for value in values], dialect))


@pytest.mark.parametrize("dialect", dialect_names())
@pytest.mark.parametrize("data", ["", "{", "[]", "null", "NaN", "{" * 100_000, "\0"])
@pytest.mark.parametrize("event", ["message", "error", "message_start"])
def test_what_is_no_json_is_no_crash(dialect: str, data: str, event: str) -> None:
    check(read([ServerSentEvent(event=event, data=data)], dialect))


@pytest.mark.parametrize(
    "template",
    [
        '{"type":"tool_call","name":"f","arguments":%s}',
        '{"type":"content_block_start","index":0,"content_block":'
        '{"type":"tool_use","id":"a","name":"b","input":%s}}',
        '{"choices":[{"delta":{"tool_calls":[{"function":{"name":"a","arguments":%s}}]}}]}',
        '{"type":"tool-input-available","toolCallId":"a","toolName":"b","input":%s}',
        '{"type":"RUN_FINISHED","runId":"a","result":%s}',
        '{"jsonrpc":"2.0","id":1,"result":%s}',
        '{"task_id":"a","event":"workflow_finished",'
        '"data":{"status":"succeeded","outputs":{"a":%s}}}',
        '{"event":"usedTools","data":[{"tool":"a","toolInput":%s}]}',
        '{"msg":"process_completed","output":{"data":["a",%s]}}',
    ],
)
def test_json_that_is_nested_without_end_is_no_crash(template: str) -> None:
    """Where reading it just works, writing it may not."""
    limit = sys.getrecursionlimit()
    for depth in range(limit - 150, limit + 5):
        data = template % ("[" * depth + "]" * depth)
        for dialect in dialect_names():
            read([ServerSentEvent(data=data)], dialect)


def test_endless_names_of_fields_are_all_news_and_not_all_remembered() -> None:
    reader = Anthropic()
    endless = [
        ServerSentEvent(data=json.dumps({"type": "ping", f"x{number}": 1}))
        for number in range(1000)
    ]
    for event in endless:
        assert [type(update) for update in updates_in(reader, event)] == [Raw]
    # A name that is remembered is not reported again.
    remembered = [event for event in endless if not updates_in(reader, event)]
    assert 0 < len(remembered) <= 200


def check(updates: list[Update]) -> None:
    """Each has the types that its class declares, and can be received and shown."""
    transcript = Transcript()
    for update in updates:
        hints = get_type_hints(type(update))
        for field in fields(update):
            types = get_args(hints[field.name]) or (hints[field.name],)
            if Any not in types:
                types = (*types, int) if float in types else types
                assert isinstance(getattr(update, field.name), types), update
        if not isinstance(update, Finished):
            transcript.apply(update)
    for block in transcript.blocks:
        block.plain()
