"""Dify: what each sample means."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Citation,
    Ending,
    Failed,
    LogLine,
    Progress,
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
    "chat": [
        Text("Deep"),
        Text(" water"),
        Usage(4, 2),
        Citation("Tides", quote="Water is deep."),
        Ending(),
    ],
    # A thought is repeated with each addition to its step, and may only repeat earlier
    # text.
    "agent": [
        Text("I look"),
        Text(" it up."),
        ToolCall(0, "th1", "weather", '{"city": "Oslo"}'),
        Reasoning("It is grey, then."),
        Text("Grey."),
        Usage(40, 9),
        Ending(),
    ],
    "workflow": [
        Progress("LLM", message="running"),
        Reasoning("Hm."),
        Text("Grey"),
        Text(" sky."),
        Progress("LLM", percent=100.0, message="succeeded"),
        Progress("Post", message="running"),
        Progress("Post", message="failed"),
        LogLine("Post: no route", "error"),
        Ending(),
    ],
    "outputs": [Row({"sky": "grey", "wind": 3}), Ending()],
    "failed": [Failed("The code node failed")],
    "error": [Text("Half"), Failed("Your quota is exhausted")],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"dify/{name}"), "dify")) == MEANING[name]


def test_what_a_tool_observed_is_kept() -> None:
    updates = read(events_of("dify/agent"), "dify")
    [kept] = [update.data for update in updates if isinstance(update, Raw)]
    assert '"observation": "grey"' in kept


def test_a_paused_workflow_shows_its_reasons() -> None:
    paused = {"event": "workflow_paused", "task_id": "t", "data": {"reasons": []}}
    assert read([event_of(paused)], "dify") == [
        Stopped(
            "paused",
            "The server ended the answer: paused. It waits for what a person has to "
            "enter.",
        ),
        Ending(),
    ]


@pytest.mark.parametrize(
    "value",
    [
        *MEASURES,
        {"event": "message", "answer": "Hi"},
        {"event": "error", "message": "no", "id": "1"},
        {"event": "node_started", "data": {}},
        {"task_id": "a", "answer": "Hi"},
        {"task_id": "a", "event": "ping"},
    ],
)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "dify" not in formats_of(event_of(value))
