"""Events of no known format: shown at once, and replaced once where they turn out to be
something else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

import nbstream
from nbstream.dialects import Auto, HomeMade, Reread
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    LogLine,
    Metric,
    Progress,
    Raw,
    Reasoning,
    Row,
    Text,
    Unrecognised,
    Update,
)

from .python_streams import Steps, until_received
from .vendor_samples import updates_in

pytestmark = pytest.mark.anyio


def event_of(value: Any) -> ServerSentEvent:
    return ServerSentEvent(data=value if isinstance(value, str) else json.dumps(value))


ROWS = [{"name": "oar", "qty": "a"}, {"name": "anchor", "qty": "b"}]
# The first alone could be a row; the second shows that most of it stays the same.
TOKENS = [{"m": "x", "p": "The"}, {"m": "x", "p": " tide"}, {"m": "x", "p": " turns"}]


class Server:
    """A source whose events a test sends, one at a time."""

    def __init__(self) -> None:
        self._steps = Steps()
        self.stream = nbstream.stream(self._steps)

    async def send(self, *values: Any) -> None:
        """Send events, and wait until the stream has received them."""
        count = self.stream.events_received + len(values)
        self._steps.send(*map(event_of, values))
        await until_received(self.stream, count)

    async def end(self) -> None:
        self._steps.send(None)
        await self.stream.wait()


def kinds(stream: nbstream.Stream) -> list[str]:
    return [block.kind for block in stream.transcript.blocks]


async def test_the_first_event_is_shown_at_once_and_replaced_in_place() -> None:
    server = Server()
    await server.send(TOKENS[0])
    assert kinds(server.stream) == ["rows"]
    before = server.stream.transcript.seq
    await server.send(TOKENS[1])
    assert kinds(server.stream) == ["text"]
    assert server.stream.text == "The tide"
    # A view that has drawn the row receives a snapshot.
    assert server.stream.transcript.changes_after(before) is None
    await server.end()
    assert server.stream.text == "The tide"


async def test_a_reader_keeps_what_it_was_given_and_gets_the_new_reading_next() -> None:
    server = Server()
    early = aiter(server.stream)
    await server.send(TOKENS[0])
    assert await anext(early) == Row(TOKENS[0])
    await server.send(TOKENS[1])
    assert [await anext(early), await anext(early)] == [Text("The"), Text(" tide")]
    await server.end()
    # A later page receives only the final reading.
    assert [update async for update in server.stream] == [Text("The"), Text(" tide")]


async def test_events_of_the_protocol_stay_where_others_are_replaced() -> None:
    server = Server()
    await server.send({"type": "progress", "percent": 10}, *TOKENS)
    await server.end()
    assert kinds(server.stream) == ["progress", "text"]
    assert server.stream.text == "The tide turns"


async def test_a_small_history_does_not_lose_the_replacement() -> None:
    limits = nbstream.Limits(events=1)

    async def sent() -> AsyncIterator[ServerSentEvent]:
        yield event_of({"type": "progress", "percent": 10})
        for value in TOKENS:
            yield event_of(value)

    stream = await nbstream.stream(sent(), limits=limits)
    assert stream.text == "The tide turns"
    assert kinds(stream) == ["progress", "text"]


def read(auto: Auto, values: Sequence[Any]) -> list[Sequence[Update] | Reread]:
    return [auto.read(event_of(value)) for value in values]


def test_after_two_seconds_it_is_settled() -> None:
    now = 0.0
    auto = Auto(HomeMade(lambda: now))
    assert read(auto, TOKENS[:1]) == [(Row(TOKENS[0]),)]
    now = 2.5
    assert read(auto, TOKENS[1:]) == [(Row(TOKENS[1]),), (Row(TOKENS[2]),)]


def test_after_twenty_events_it_is_settled() -> None:
    auto = Auto()
    numbers = [str(number) for number in range(20)]
    assert not any(isinstance(one, Reread) for one in read(auto, numbers))
    # A piece of a text, too late to show that the numbers were pieces as well.
    assert read(auto, [" and"]) == [(Text("\n and"),)]


def test_it_is_replaced_once() -> None:
    auto = Auto()
    readings = read(auto, ["one two", "three four", " five", "2026-01-01 10:00:00 up"])
    assert sum(isinstance(one, Reread) for one in readings) == 1


def test_unknown_events_are_kept_and_reported_at_the_end() -> None:
    auto, odd = Auto(), {"a": {"b": [1, 2]}}
    raw = Raw("message", json.dumps(odd))
    assert read(auto, [odd, odd]) == [(raw,), (raw,)]
    [advice] = auto.end()
    assert isinstance(advice, Unrecognised)
    # Nothing is reported where some of it was understood, nor where a vendor's format
    # took over.
    auto, chunk = Auto(), {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    read(auto, [odd, chunk])
    assert not auto.end()
    auto = Auto()
    read(auto, [odd, {"token": "Hi"}])
    assert not auto.end()


def test_unknown_events_are_reported_while_a_slow_stream_runs() -> None:
    """It may never end, nor reach its twentieth event while the panel is open."""
    now = 0.0
    auto, odd = Auto(HomeMade(lambda: now)), {"a": {"b": [1, 2]}}
    updates: list[Update] = []
    for _ in range(8):
        [came] = read(auto, [odd])
        assert not isinstance(came, Reread)
        updates += came
        now += 3.0
    advice = [update for update in updates if isinstance(update, Unrecognised)]
    assert len(advice) == 1
    assert not auto.end()


@pytest.mark.parametrize(
    ("current", "total", "shown"),
    # A negative total means unknown.
    [(10**308, 1, " %"), (10**308, -(10**308), "1e+308"), (1e308, 5e-324, " %")],
    ids=["integers", "negative", "floats"],
)
@pytest.mark.parametrize(
    "message",
    [
        {"type": "progress"},
        {"name": "a"},
        {"jsonrpc": "2.0", "method": "notifications/progress"},
        {"msg": "progress"},
    ],
)
async def test_a_count_near_the_end_of_the_floats_is_shown(
    message: dict[str, Any], current: float, total: float, shown: str
) -> None:
    counted = {"current": current, "progress": current, "index": current}
    counted |= {"total": total, "length": total}
    inner = {"params": counted, "progress_data": [counted]}
    if message.keys() & {"msg", "method"}:
        message = message | inner
    else:
        message = message | {"current": current, "total": total}
    stream = await nbstream.stream(iter([event_of(message)] * 2)).wait()
    assert shown in stream.mimebundle()["text/plain"]


def test_an_event_that_lists_very_many_objects_is_judged_by_the_first() -> None:
    rows = [{"name": f"oar {n}", "qty": n} for n in range(2_000)]
    assert read(Auto(), [rows]) == [tuple(map(Row, rows))]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"type": "progres", "current": 1, "total": 2}, 'type "progress"'),
        ({"type": "progress", "current": "a"}, '"current" or "percent" as a number'),
        ({"type": "metric", "name": "loss"}, '"value" that is a number'),
    ],
)
async def test_a_mistake_in_our_protocol_is_named(value: Any, words: str) -> None:
    server = Server()
    await server.send(value)
    await server.end()
    [block] = server.stream.transcript.blocks
    assert words in block.plain()
    assert words.replace('"', "&quot;") in block.html()
    assert "<details open" in block.html().replace(
        ' class="nbstream-raw" style="margin:4px 0"', ""
    )


async def test_the_advice_is_taken_back_where_an_answer_comes_after_all() -> None:
    odd = {"queue": {"places": [1, 2]}}
    server = Server()
    await server.send(*[odd] * 25)
    [block] = server.stream.transcript.blocks
    assert "Not a shape I know" in block.plain()
    await server.send({"token": "The answer"})
    await server.end()
    assert "Not a shape I know" not in block.plain()
    assert server.stream.text == "The answer"


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        # Levels as numbers, and in a nested object.
        ([{"level": 40, "msg": "slow"}], [LogLine("slow", "warn")]),
        (
            [{"severity": "INFO", "jsonPayload": {"message": "up"}}],
            [LogLine("up", "info")],
        ),
        ([{"stream": "stderr", "log": "up"}], [LogLine("up")]),
        ([{"type": "log", "data": "up"}], [LogLine("up")]),
        # Measures: named ones, by their names, or of steps of which all are known.
        ([{"name": "loss", "value": 0.5, "step": 2}], [Metric("loss", 0.5, 2)]),
        ([{"type": "metric", "step": 2, "loss": 0.5}], [Metric("loss", 0.5, 2)]),
        ([{"epoch": 2, "data": {"loss": 0.5}}], [Metric("loss", 0.5, 2)]),
        (
            [{"epoch": 1, "epochs": 4, "loss": 0.5}],
            [Progress(current=1, total=4, percent=25.0), Metric("loss", 0.5, 1)],
        ),
        # Empty texts, and null where no text is bare, have no content.
        ([{"token": ""}, {"token": "Hi"}], [Text("Hi")]),
        (['"Hi"', "null"], [Text("Hi"), Raw("message", "null")]),
        (["It is ", "null", "{}"], [Text("It is "), Text("null"), Text("{}")]),
        # Reasoning in tags.
        (
            [{"token": t} for t in ("<thi", "nk>", "Hm.", "</think>", "Yes")],
            [Reasoning("Hm."), Text("Yes")],
        ),
    ],
)
def test_what_events_mean(values: list[Any], meaning: list[Update]) -> None:
    auto = Auto()
    readings: list[Update] = []
    for one in read(auto, values):
        if isinstance(one, Reread):
            readings = [update for updates in one.readings for update in updates]
        else:
            readings += one
    assert readings == meaning


def test_a_row_of_other_columns_is_a_row_among_rows() -> None:
    rows = [{"id": 1, "name": "oar", "qty": 2.5}, {"id": 2, "name": "net", "hue": "a"}]
    rows.append({"id": 3, "name": "pin", "qty": 1.5})
    auto = Auto()
    updates = [u for row in rows for u in updates_in(auto, event_of(row))]
    assert [*map(Row, rows)] == updates


def test_an_error_of_a_format_leaves_the_text_as_it_is() -> None:
    auto = Auto()
    read(auto, ["Half"])
    [failed] = updates_in(auto, event_of([{"error": {"code": 429, "message": "busy"}}]))
    assert isinstance(failed, Failed)


def test_a_beginning_without_content_leaves_nothing() -> None:
    readings = [{"type": "start-step"}, {"token": "Hi"}]
    assert read(Auto(), readings) == [(), (Text("Hi"),)]
    with_more = {"type": "start", "run": {"of": [1, 2]}}
    assert read(Auto(), [with_more]) == [(Raw("message", json.dumps(with_more)),)]
