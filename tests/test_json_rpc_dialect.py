"""JSON-RPC: what each sample means, of MCP and of A2A."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Ending,
    Failed,
    LogLine,
    Progress,
    Raw,
    Row,
    Stopped,
    Text,
    Update,
)

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    "tool": [
        Progress("", 1, 4, 25.0, "gauge 1"),
        LogLine("gauges: slow", "warning"),
        Progress("", 4, 4, 100.0),
        Text("High water: noon.\n\n[Hull](https://tides.example/hull)"),
        Ending(),
    ],
    "structured": [
        Row({"hour": 12, "height": 3.5}),
        Row({"hour": 18, "height": 0.4}),
        Ending(),
    ],
    "list": [Row({"name": "tides", "description": "High water"}), Ending()],
    "tool_error": [Failed("No such gauge")],
    "error": [Failed("Unknown tool: gauge")],
    "a2a": [
        LogLine("Looking it up"),
        Text("High"),
        Text(" water."),
        Row({"hour": 12}),
        Ending(),
    ],
    "a2a_1": [Text("High water."), Ending()],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"json_rpc/{name}"), "json-rpc")) == MEANING[name]


def test_what_a_server_asks_and_what_has_no_view_is_kept() -> None:
    updates = read(events_of("json_rpc/tool"), "json-rpc")
    kept = [update.data for update in updates if isinstance(update, Raw)]
    assert ["list_changed" in kept[0], "sampling" in kept[1]] == [True, True]
    assert "image/png" in kept[2]


def test_progress_of_another_token_is_a_separate_bar() -> None:
    params = [
        {"progressToken": token, "progress": 1, "total": 2} for token in ("a", "b")
    ]
    stream = [
        event_of({"jsonrpc": "2.0", "method": "notifications/progress", "params": one})
        for one in params
    ]
    assert read(stream, "json-rpc") == [
        Progress("", 1, 2, 50.0),
        Progress("b", 1, 2, 50.0),
    ]


def a2a(**status: object) -> object:
    params = {"kind": "status-update", "taskId": "t", "status": status, "final": True}
    return {"jsonrpc": "2.0", "id": 1, "result": params}


def test_a_task_that_fails_or_waits_is_reported() -> None:
    message = {"role": "agent", "parts": [{"kind": "text", "text": "No gauge there"}]}
    failed = event_of(a2a(state="failed", message=message))
    assert read([failed], "json-rpc") == [Failed("No gauge there")]
    waits = event_of(a2a(state="input-required", message=message))
    assert read([waits], "json-rpc") == [
        Text("No gauge there"),
        Stopped("input-required", "The server ended the answer: input-required."),
        Ending(),
    ]


def test_a_batch_is_read_one_by_one() -> None:
    log = {"level": "info", "data": "one"}
    batch = [
        {"jsonrpc": "2.0", "method": "notifications/message", "params": log},
        {"jsonrpc": "2.0", "id": 1, "result": {"content": []}},
    ]
    assert read([event_of(batch)], "json-rpc") == [LogLine("one", "info"), Ending()]


@pytest.mark.parametrize(
    "value", [*MEASURES, {"jsonrpc": "2.0"}, {"method": "a"}, {"id": 1, "result": {}}]
)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "json-rpc" not in formats_of(event_of(value))
