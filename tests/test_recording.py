"""Recordings: the file format, and that a replay equals the original."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbstream
from nbstream.sse import ServerSentEvent

from .channel_server import Source

pytestmark = pytest.mark.anyio


@pytest.fixture
def source() -> Iterator[Source]:
    server = Source()
    yield server
    server.close()


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def test_each_event_is_written_with_its_time(
    source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "run.sse.jsonl"
    source.text("/s", "one", "two")
    source.end("/s")
    await nbstream.stream(f"{source.url}/s", record=path)
    head, *events, end = lines(path)
    assert head["nbstream"] == 1
    assert end == {"t": end["t"], "finished": True}
    assert head["source"] == f"{source.url}/s"
    assert [event["data"] for event in events] == [
        '{"type": "content", "data": "one"}',
        '{"type": "content", "data": "two"}',
        "[DONE]",
    ]
    assert [event["id"] for event in events] == ["1", "2", "3"]
    times = [line["t"] for line in (*events, end)]
    assert times == sorted(times)


anything = st.builds(
    ServerSentEvent,
    event=st.sampled_from(["message", "progress", "log", "other"]),
    data=st.text(st.characters(exclude_categories=["Cs"]))
    | st.builds(
        json.dumps,
        st.fixed_dictionaries(
            {"type": st.sampled_from(["content", "log", "item", "metric", "x"])},
            optional={"data": st.text(), "message": st.text(), "value": st.floats()},
        ),
    ),
    id=st.text(st.characters(exclude_categories=["Cs"])),
    retry=st.none() | st.integers(0, 10**6),
)


@given(st.lists(anything, max_size=10))
@settings(
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # each example overwrites the file
        HealthCheck.too_slow,
    ],
    max_examples=50,
)
def test_a_recording_replays_to_the_same(
    tmp_path: Path, events: list[ServerSentEvent]
) -> None:
    """The same events, and the same transcript, byte for byte."""
    path = tmp_path / "run.sse.jsonl"

    async def main() -> None:
        async def live() -> AsyncIterator[ServerSentEvent]:
            for event in events:
                yield event

        first = await nbstream.stream(live(), record=path)
        again = await nbstream.stream(f"replay:{path}", speed=math.inf)
        kept = [event async for event in first.events()]
        assert [event async for event in again.events()] == kept
        assert [b.html() for b in again.transcript.blocks] == [
            b.html() for b in first.transcript.blocks
        ]
        assert repr(again.transcript.snapshot()) == repr(first.transcript.snapshot())

    asyncio.run(main())


async def test_a_failure_is_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "run.sse.jsonl"

    async def job() -> AsyncIterator[str]:
        yield "before"
        raise LookupError("gone")

    with pytest.raises(LookupError):
        await nbstream.stream(job(), record=path)
    again = nbstream.stream(f"replay:{path}", speed=math.inf)
    with pytest.raises(nbstream.StreamFailed, match="LookupError: gone"):
        await again
    assert again.text == "before"


async def test_secrets_are_not_written(source: Source, tmp_path: Path) -> None:
    """Also where the server sends them back."""
    path = tmp_path / "run.sse.jsonl"
    source.text("/s", 'your key is sk-"very"-secret')
    source.end("/s")
    await nbstream.stream(
        f"{source.url}/s?token=hush-hush",
        headers={"Authorization": 'Bearer sk-"very"-secret'},
        record=path,
    )
    written = path.read_text()
    assert "your key is ***" in written
    assert "secret" not in written
    assert "hush" not in written


def test_a_killed_kernel_loses_nothing_that_was_shown(tmp_path: Path) -> None:
    path = tmp_path / "run.sse.jsonl"
    code = (
        "import asyncio, nbstream\n"
        "async def job():\n"
        "    for i in range(3):\n"
        "        yield f'{i} '\n"
        "    await asyncio.Event().wait()\n"
        "async def main():\n"
        f"    s = nbstream.stream(job(), record={str(path)!r})\n"
        "    s.observe(lambda: print(s.text, flush=True))\n"
        "    await s\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as job:
        assert job.stdout is not None
        while job.stdout.readline() != b"0 1 2 \n":
            pass
        os.kill(job.pid, signal.SIGKILL)
    assert [json.loads(event["data"])["data"] for event in lines(path)[1:]] == [
        "0 ",
        "1 ",
        "2 ",
    ]


async def test_a_last_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.sse.jsonl"
    path.write_text('{"nbstream": 1}\n{"t": 0, "data": "whole"}\n{"t": 0.1, "da')
    assert (await nbstream.stream(f"replay:{path}")).text == "whole"


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("no recording\n", 1),
        ('{"nbstream": 99}\n', 1),
        ('{"nbstream": 1}\n{"t": 0, "data": "kept"}\nnonsense\n', 3),
        ('{"nbstream": 1}\n{"t": 0, "data": "kept"}\n{"t": "x", "data": ""}\n', 3),
        ('{"nbstream": 1}\n{"t": 0, "data": "kept"}\n{"t": 1e-9, "data": 5}\n', 3),
        ('{"nbstream": 1}\n{"t": 0, "data": "kept"}\n[]\n', 3),
    ],
)
async def test_a_file_that_is_no_recording_is_reported(
    tmp_path: Path, content: str, number: int
) -> None:
    """With the line, and nothing before it lost."""
    path = tmp_path / "run.sse.jsonl"
    path.write_text(content)
    stream = nbstream.stream(f"replay:{path}")
    with pytest.raises(nbstream.RecordingInvalid, match=f"its line {number} is"):
        await stream
    assert stream.text == ("kept" if number > 1 else "")


async def test_an_older_recording_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.sse.jsonl"
    for word in ("first", "second"):
        await nbstream.stream([word], record=path)
    assert "second" in path.read_text()
    assert "first" in (tmp_path / "run.sse.jsonl~").read_text()


async def test_a_replay_has_the_pace_of_the_recording(tmp_path: Path) -> None:
    """An hour's recording at a million times the speed takes a moment, and a cancel
    interrupts a pause at once."""
    path = tmp_path / "run.sse.jsonl"
    path.write_text(
        '{"nbstream": 1}\n{"t": 0, "data": "a"}\n{"t": 3600, "data": "b"}\n'
    )
    assert (await nbstream.stream(f"replay:{path}", speed=1e6)).text == "ab"
    paused = nbstream.stream(f"replay:{path}")
    async for _ in paused:
        break
    paused.cancel()
    await paused
    assert (paused.state, paused.text) == ("cancelled", "a")


async def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(nbstream.RecordingUnavailable, match="No such file"):
        await nbstream.stream(f"replay:{tmp_path}/missing")
    with pytest.raises(nbstream.RecordingUnavailable, match="No such file"):
        await nbstream.stream(["x"], record=tmp_path / "no" / "folder")
    with pytest.raises(ValueError, match="Expected a speed above 0"):
        nbstream.stream("replay:x", speed=0)
