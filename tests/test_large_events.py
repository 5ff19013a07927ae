"""An event past the limit is not parsed: it is shown as received, truncated, with its
size."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream
from nbstream.sse import ServerSentEvent
from nbstream.testing import StartSSEServer
from nbstream.updates import LogLine, Raw, Row, Text, Update

from .ipython_shell import Shell

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

MB = 1024 * 1024


async def updates_of(*data: Any, **options: Any) -> list[Update]:
    async def source() -> AsyncIterator[Any]:
        for each in data:
            yield ServerSentEvent(data=each) if isinstance(each, str) else each

    return [update async for update in nbstream.stream(source(), **options)]


async def test_it_is_shown_raw_and_cut_with_its_size_and_what_to_do() -> None:
    rows = json.dumps([{"n": 1, "v": "x" * 1000}] * 4200)
    [raw] = await updates_of(rows)

    assert isinstance(raw, Raw)
    assert raw.data[:-1] == rows[: len(raw.data) - 1] and raw.data[-1] == "…"
    assert len(raw.data) < 5000
    assert raw.hint == "4.1 MB, not parsed; --max-event-size 8M parses it."


@pytest.mark.parametrize("view", ["auto", "text", "log", "table", "chart", "json"])
@pytest.mark.parametrize("dialect", ["auto", "standard", "openai"])
async def test_nothing_looks_into_it(dialect: str, view: str) -> None:
    # None of these is read as an end, an error, a row or a log line.
    data = json.dumps({"type": "error", "error": "no", "pad": "x" * 2 * MB})
    whole = await updates_of(data, dialect=dialect, view=view)
    broken = await updates_of(data[:-1], dialect=dialect, view=view)

    assert whole == broken
    assert [type(update) for update in whole] == [Raw]


async def test_a_field_is_not_looked_for_in_it() -> None:
    [raw] = await updates_of(json.dumps({"a": "x" * 2 * MB}), field="a")

    assert isinstance(raw, Raw)


async def test_the_option_has_it_parsed() -> None:
    words = "word " * MB
    data = json.dumps({"type": "content", "data": words})

    assert await updates_of(data, max_event_size="8M") == [Text(words)]
    [raw] = await updates_of(data, max_event_size=5 * MB)
    assert isinstance(raw, Raw)


async def test_values_of_python_pass_the_same_gate() -> None:
    small, large = {"n": 1, "words": "x"}, {"n": 2, "words": "x" * 2 * MB}
    first, raw, *_ = await updates_of(small, large)

    assert first == Row(small)
    assert isinstance(raw, Raw) and "2.0 MB" in raw.hint


async def test_events_around_it_are_read_as_ever() -> None:
    # The second object shows that the first was a point of a chart: both are read
    # again, and the large event stays as it is.
    points = [json.dumps({"step": n, "loss": 0.5, "acc": n / 10}) for n in range(9)]
    plain = nbstream.stream([ServerSentEvent(data=p) for p in points])
    between = [points[0], "x" * 2 * MB, *points[1:]]
    around = nbstream.stream([ServerSentEvent(data=p) for p in between])
    await plain
    await around

    kinds = [block.kind for block in around.transcript.blocks]
    assert [k for k in kinds if k != "raw"] == [b.kind for b in plain.transcript.blocks]
    assert "raw" in kinds


async def test_a_size_past_the_decoders_limit_raises_that_too(
    sse_server: StartSSEServer,
) -> None:
    words = "x" * (17 * MB)

    async def script(connection: Any) -> None:
        await connection.send(f"event: content\ndata: {words}\n\ndata: [DONE]\n\n")

    with pytest.raises(nbstream.EventTooLarge):
        await nbstream.stream(sse_server(script).url)
    stream = nbstream.stream(sse_server(script).url, max_event_size="20M")
    await stream
    assert stream.text and stream.state == "finished"


@pytest.mark.parametrize("size", ["4X", "", "-1", "0", "1.5M", True])
def test_what_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(ValueError, match="Expected a size such as 4M"):
        nbstream.stream("http://host/", max_event_size=size)


def test_the_magic_and_its_default_take_sizes(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shell = Shell(capsys)
    try:
        shell.run("rows = ['x' * 3000]")
        assert "not parsed" not in shell.run("%stream rows")
        assert "not parsed" in shell.run("%stream rows --max-event-size 2K")
        shell.run("%config StreamMagics.max_event_size = '2K'")
        assert "not parsed" in shell.run("%stream rows")
        assert "not parsed" not in shell.run("%stream rows --max-event-size 4000")
        printed = shell.run("%stream rows --max-event-size much")
        assert "--max-event-size" in printed
        shell.run("%config StreamMagics.max_event_size = 'much'")
        assert "expected a size such as 4M" in caplog.text
    finally:
        shell.close()


LINES = st.lists(
    st.sampled_from(["", "a", "\x1b[31mred", "\rover", "b\r", "\x1b[0m", "c\x1b[1m"]),
    max_size=8,
)


@settings(max_examples=40)
@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_a_log_of_very_many_lines_is_shown_as_one_message(
    lines: list[str], end: str
) -> None:
    from nbstream.content.blocks.log import LogBlock
    from nbstream.streams.pipeline.long_logs import split_long_logs

    message = end.join(lines * 120)
    whole = LogBlock(nbstream.Limits())
    whole.add(LogLine(message, "info"))
    cut = LogBlock(nbstream.Limits())
    parts = list(split_long_logs([LogLine(message, "info")]))
    for part in parts:
        assert isinstance(part, LogLine)
        cut.add(part)

    assert cut.html() == whole.html()
    assert len(parts) > 1 or message.rstrip("\r\n").count("\n") <= 500
