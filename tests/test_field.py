"""`--field`: the part of each event that is named by hand."""

from __future__ import annotations

from typing import Any

import pytest

import nbstream
from nbstream.dialects import Reread
from nbstream.sse import ServerSentEvent
from nbstream.streams.pipeline import Pipeline
from nbstream.testing import StartSSEServer
from nbstream.testing.script import events
from nbstream.updates import Ending, Failed, Finished, LogLine, Raw, Row, Text

from .ipython_shell import Shell


def read(data: str, *, field: str = "a.b.0.c", view: str = "auto") -> list[Any]:
    pipeline = Pipeline("standard", view, field=field)
    updates = pipeline.read(ServerSentEvent(data=data))
    assert not isinstance(updates, Reread)
    return [*updates, *pipeline.flush()]


@pytest.mark.parametrize(
    ("value", "updates"),
    [
        ('" as it\\n is"', [Text(" as it\n is")]),
        ('""', []),
        ("null", []),
        ("1.50", [Text("1.5\n")]),
        ("true", [Text("true\n")]),
        ('{"x": 1}', [Row({"x": 1})]),
        ('[{"x": 1}, {"x": 2}]', [Row({"x": 1}), Row({"x": 2})]),
    ],
)
def test_values(value: str, updates: list[Any]) -> None:
    assert read(f'{{"a": {{"b": [{{"c": {value}, "d": 1}}]}}, "e": 2}}') == updates


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("a[0].b", '{"a": [{"b": "x"}]}'),
        ("[1]", '["", "x"]'),
        ("a.-1", '{"a": ["", "x"]}'),
        ("0", '{"0": "x"}'),
        ("t", '{"type": "item", "data": {"t": "x"}}'),
    ],
)
def test_paths(field: str, data: str) -> None:
    """By dots or as in Python; and what a cell's body yields, in its envelope."""
    assert read(data, field=field) == [Text("x")]


@pytest.mark.parametrize(
    "data", ['{"a": 1}', '{"a": {"b": []}}', '{"a": {"b": {}}}', "[1]", '{"b": 2}']
)
def test_an_event_without_it_is_read_as_usual(data: str) -> None:
    ordinary = Pipeline("standard").read(ServerSentEvent(data=data))
    assert read(data) == list(ordinary)  # type: ignore[arg-type]


def test_ends_and_errors_besides_it_are_kept() -> None:
    assert read('{"t": "x", "done": true}', field="done") == [Text("true\n")]
    assert read('{"type": "end", "t": "x"}', field="t") == [Text("x"), Ending()]
    (shown, failed) = read('{"t": "x", "error": "no memory"}', field="t")
    assert shown == Text("x")
    assert isinstance(failed, Failed)
    assert failed.message == "no memory"
    assert read("[DONE]", field="t") == [Finished()]


def test_under_a_view() -> None:
    """The view sees the value in the event's place."""
    data = '{"t": {"level": "WARN", "message": "disk"}, "u": 1}'
    assert read(data, field="t", view="log") == [LogLine("disk", "warn")]
    assert read('{"t": [{"x": 1}]}', field="t", view="table") == [Row({"x": 1})]
    assert read('{"t": "plain"}', field="t", view="json") == [Raw("message", "plain")]


def test_in_a_cell(shell: Shell, sse_server: StartSSEServer) -> None:
    server = sse_server(
        events('data: {"x": {"word": "so "}}\n\n', 'data: {"x": {"word": "far"}}\n\n')
    )
    printed = shell.run(f"%stream {server.url} -X POST --field x.word")
    assert printed == "so far\n"
    assert "invalid field value" in shell.run(f"%stream {server.url} --field a..b")
    assert "Only a URL" in shell.run("%%stream claude --field x\nHi")


@pytest.mark.anyio
async def test_from_python() -> None:
    stream = nbstream.stream([{"word": "so "}, {"word": "far"}], field="word")
    await stream
    assert stream.text == "so far"
    with pytest.raises(ValueError, match=r"Expected a field such as a\.b\.0\.c"):
        nbstream.stream([], field="")
