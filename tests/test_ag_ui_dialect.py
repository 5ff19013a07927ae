"""AG-UI: what each sample means."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Ending,
    Failed,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
)

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    "text": [
        Progress("plan", message="running"),
        Reasoning("Short, "),
        Reasoning("then."),
        Progress("plan", percent=100.0, message="done"),
        Text("Hello"),
        Text(", wörld!"),
        Text("\n\nAnd more."),
        Ending(),
    ],
    "tools": [
        ToolCall(0, "c1", "weather"),
        ToolCall(0, arguments='{"city":'),
        ToolCall(1, "c2", "clock"),
        ToolCall(0, arguments='"Oslo"}'),
        Row({"id": "i1", "reason": "approve"}),
        Stopped("interrupt", "The run is interrupted: the agent waits for an answer."),
        Ending(),
    ],
    "chunks": [
        Reasoning("Hm."),
        ToolCall(0, "c1", "weather"),
        ToolCall(0, arguments='{"city":'),
        ToolCall(0, arguments='"Oslo"}'),
        Text("Grey"),
        Text(" sky."),
        Row({"sky": "grey"}),
        Ending(),
    ],
    # Only the agent's messages since the last question, and of those only the new part.
    "snapshot": [
        Text("Grey"),
        Text(" as ever."),
        Text("\n\nTake a coat."),
        Ending(),
    ],
    "error": [
        Text("Half"),
        Failed(
            "The rate limit is reached (rate_limit_exceeded): The agent fell over. "
            "Wait a while, then try again."
        ),
    ],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"ag_ui/{name}"), "ag-ui")) == MEANING[name]


def test_what_has_no_view_is_kept() -> None:
    updates = read(events_of("ag_ui/tools"), "ag-ui")
    kept = " ".join(update.data for update in updates if isinstance(update, Raw))
    for kind in ("STATE_SNAPSHOT", "STATE_DELTA", "TOOL_CALL_RESULT", "CUSTOM"):
        assert kind in kept


def test_a_snapshot_does_not_repeat_what_streamed() -> None:
    messages = [{"id": "m9", "role": "assistant", "content": "Hello"}]
    stream = [
        event_of({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "Hello"}),
        event_of({"type": "MESSAGES_SNAPSHOT", "messages": messages}),
    ]
    assert known(read(stream, "ag-ui")) == [Text("Hello")]


def test_the_users_messages_are_not_the_answer() -> None:
    stream = [
        event_of({"type": "TEXT_MESSAGE_START", "messageId": "u", "role": "user"}),
        event_of({"type": "TEXT_MESSAGE_CONTENT", "messageId": "u", "delta": "Sky?"}),
    ]
    assert known(read(stream, "ag-ui")) == []


@pytest.mark.parametrize(
    "value",
    [
        *MEASURES,
        {"type": "RUN_STARTED"},
        {"type": "CUSTOM", "name": "a", "value": 1},
        {"type": "STEP_STARTED", "stepName": "a"},
        {"type": "RAW", "event": {}},
    ],
)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "ag-ui" not in formats_of(event_of(value))
