"""`--view`: the same events shown as text, a log, a table, a chart or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

import nbstream
from nbstream.content.projections import PROJECTIONS
from nbstream.dialects import Standard
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    Finished,
    LogLine,
    Metric,
    Progress,
    Raw,
    Row,
    Text,
    Update,
)

from .channel_server import Source


def updates_of(view: str, *messages: Any) -> list[Update]:
    """Return the updates of a view for these events, from the first to the end."""
    dialect, projection = Standard(), PROJECTIONS[view]()
    updates: list[Update] = []
    for message in messages:
        data = message if isinstance(message, str) else json.dumps(message)
        event = ServerSentEvent(data=data)
        updates += projection.project(event, dialect.read(event))
    return [*updates, *projection.end()]


@pytest.mark.parametrize(
    ("messages", "lines"),
    [
        # Each event of plain text is a separate line, whatever its content.
        (["one", "two\nthree"], [("one", ""), ("two", ""), ("three", "")]),
        # Pieces of text are joined to lines; the last one may lack its end.
        (
            [{"type": "content", "data": piece} for piece in ("a", "b\nc", "d\n", "e")],
            [("ab", ""), ("cd", ""), ("e", "")],
        ),
        # The level is in the usual field of loggers.
        (
            ["2026-01-02 12:00 ERROR no disk"],
            [("2026-01-02 12:00 ERROR no disk", "error")],
        ),
        ([{"level": "WARNING", "msg": "hot"}], [("hot", "warning")]),
        ([{"severity": "ERROR", "message": "x", "type": 7}], [("x", "error")]),
        ([{"no": "message"}], [('{"no": "message"}', "")]),
        ([{"type": "log", "level": "debug", "message": "m"}], [("m", "debug")]),
        ([{"type": "item", "data": {"message": "row"}}], [("row", "")]),
        (
            [{"type": "metric", "name": "loss", "value": 0.25, "step": 3}],
            [("loss = 0.25 (step 3)", "")],
        ),
        (
            [{"type": "metric", "name": "loss", "value": 1e6, "step": 1_234_567}],
            [("loss = 1000000 (step 1234567)", "")],
        ),
    ],
)
def test_log(messages: list[Any], lines: list[tuple[str, str]]) -> None:
    assert updates_of("log", *messages) == [LogLine(*line) for line in lines]


@pytest.mark.parametrize(
    ("messages", "rows"),
    [
        ([{"id": 1}, {"type": "job", "id": 2}], [{"id": 1}, {"type": "job", "id": 2}]),
        (['[{"a": 1}, {"a": 2}]'], [{"a": 1}, {"a": 2}]),
        ([{"type": "item", "data": {"k": "v"}}], [{"k": "v"}]),
        (
            [{"type": "log", "level": "info", "message": "m"}],
            [{"level": "info", "message": "m"}],
        ),
        (
            [{"type": "metric", "name": "loss", "value": 1, "step": 2}],
            [{"name": "loss", "step": 2, "value": 1.0}],
        ),
    ],
)
def test_table(messages: list[Any], rows: list[Any]) -> None:
    assert updates_of("table", *messages) == [Row(row) for row in rows]


@pytest.mark.parametrize(
    ("messages", "points"),
    [
        (
            [{"epoch": 3, "loss": 0.5, "acc": 1, "note": "x", "done": True}],
            [Metric("loss", 0.5, 3), Metric("acc", 1, 3)],
        ),
        ([{"type": "item", "data": {"x": 1, "y": 2}}], [Metric("y", 2, 1)]),
        (["0.25", "7"], [Metric("value", 0.25), Metric("value", 7)]),
        (
            [{"type": "metric", "name": "m", "value": 1, "step": 2}],
            [Metric("m", 1.0, 2)],
        ),
    ],
)
def test_chart(messages: list[Any], points: list[Metric]) -> None:
    assert updates_of("chart", *messages) == points


def test_text_and_json() -> None:
    """Text stays text, and other events are shown in it as received; JSON shows every
    event. Of an item, the yielded value is shown."""
    row = {"type": "item", "data": {"a": 1}}
    other = {"what": "is this"}
    assert updates_of("text", "Hi", row, other) == [
        Text("Hi"),
        Text('{"a": 1}\n\n'),
        Text(f"{json.dumps(other)}\n\n"),
    ]
    assert updates_of("json", "Hi", row, other) == [
        Raw("message", "Hi"),
        Raw("message", '{"a": 1}'),
        Raw("message", json.dumps(other)),
    ]


@pytest.mark.parametrize("view", sorted(PROJECTIONS))
def test_ends_are_never_lost(view: str) -> None:
    """In any view, the end counts, and a failure is shown."""
    assert updates_of(view, "[DONE]")[-1] == Finished()
    assert updates_of(view, {"type": "error", "message": "no"})[-1] == Failed("no")


@pytest.mark.parametrize("view", ["text", "log", "table", "chart"])
def test_progress_stays_a_bar(view: str) -> None:
    message = {"type": "progress", "current": 1, "total": 2}
    expected: Sequence[Update] = [Progress(current=1, total=2, percent=50)]
    assert updates_of(view, message) == expected


@pytest.mark.parametrize("view", sorted(PROJECTIONS))
@pytest.mark.parametrize(
    "strange",
    ["", "[]", "{}", "null", "1e400", "9" * 400, '{"x": 1e400}', "[" * 5000, "NaN",
     '{"step": NaN, "y": 1}', '{"message": 3, "level": 9}', "\r", "\x00"],
)  # fmt: skip
def test_an_unexpected_event_is_no_error(view: str, strange: str) -> None:
    updates_of(view, strange)


@pytest.mark.anyio
async def test_the_last_line_needs_no_newline() -> None:
    """A log that breaks off within a line shows it, also to readers."""
    source = Source()
    source.text("/s", "one\ntw", "o")
    source.end("/s")
    stream = nbstream.stream(f"{source.url}/s", view="log")
    updates = [update async for update in stream]
    source.close()
    assert updates == [LogLine("one"), Finished(), LogLine("two")]
    assert stream.transcript.blocks[0].plain() == "one\ntwo"


def test_an_unknown_view_is_reported() -> None:
    with pytest.raises(ValueError, match="Expected a view of auto, chart, json, log"):
        nbstream.stream("http://127.0.0.1:1/s", view="pie")
