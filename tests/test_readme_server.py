"""The README's server, run as printed there, in a separate process."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream
from nbstream.sse import EventSource, ServerSentEvent
from nbstream.updates import Metric

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.timeout(120)]

README = Path(__file__).parent.parent / "README.md"
SCRIPT = re.compile(r"```python\n(.*?EventStreamResponse.*?)```", re.DOTALL)
PATIENT = 100
"""How often a reader tries to connect while the program starts."""


class Job:
    """The README's script on a free port, as a process. Its job waits after the third
    event for `go`."""

    def __init__(self, script: str, path: Path, wait: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        for old, new in (("8000", port), ("time.sleep(0.1)\n        p", wait + "p")):
            assert script.count(old) == 1
            script = script.replace(old, new)
        path.write_text(script, "utf-8")
        self.url = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen(
            [sys.executable, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    async def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and the output."""
        printed, _ = await asyncio.to_thread(self.process.communicate)
        return self.process.returncode, printed

    async def read(self, count: int, last_id: str = "") -> list[ServerSentEvent]:
        """Read this many events, then drop the connection."""
        source = EventSource(self.url, last_event_id=last_id, retries=PATIENT)
        async with source:
            return [await anext(source) for _ in range(count)]

    async def follow(self, **options: Any) -> nbstream.Stream:
        """Follow it, and let it continue once three events have arrived."""
        stream = nbstream.stream(self.url, retries=PATIENT, **options)
        async for _ in stream.events():
            if stream.events_received >= 3:
                self.go()
                break
        return stream


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    """Return a function that starts the job."""
    (script,) = SCRIPT.findall(README.read_text("utf-8"))
    jobs = []

    def start(at_step_5: str = "pass") -> Job:
        wait = f"step == 4 and input()\n        if step == 5: {at_step_5}\n        "
        jobs.append(Job(script, tmp_path / "train.py", wait))
        return jobs[-1]

    yield start
    for job in jobs:
        job.process.kill()
        with job.process:
            pass


async def test_the_end_is_sent_before_the_program_ends(
    start: Callable[..., Job],
) -> None:
    job = start()
    stream = await (await job.follow())
    assert (stream.state, stream.reconnects) == ("finished", 0)
    steps = [update.step async for update in stream if isinstance(update, Metric)]
    assert steps == [*range(1, 101)]
    code, printed = await job.end()
    assert code == 0, printed


async def test_a_dropped_reader_resumes_and_is_waited_for(
    start: Callable[..., Job],
) -> None:
    """It reconnects after the job has ended, and still receives the rest and the
    end."""
    job = start()
    first = await job.read(3)
    job.go()
    other = await nbstream.stream(job.url)
    assert other.events_received == 101, "100 steps and the end"
    assert job.process.poll() is None, "it waits for the one that left"
    rest = await job.read(98, first[-1].id)
    steps = [event.json()["step"] for event in [*first, *rest[:-1]]]
    assert steps == [*range(1, 101)]
    assert rest[-1].data == "[DONE]"
    code, printed = await job.end()
    assert code == 0, printed


async def test_a_reader_of_an_earlier_run_starts_from_the_beginning(
    start: Callable[..., Job],
) -> None:
    stream = await (await start().follow(last_event_id="deadbeef-90"))
    assert stream.events_received == 101


async def test_a_job_that_fails_reports_it_to_its_readers_and_ends(
    start: Callable[..., Job],
) -> None:
    job = start(at_step_5="raise ValueError('no more data')")
    stream = await job.follow()
    with pytest.raises(nbstream.StreamFailed, match="no more data"):
        await stream
    code, printed = await job.end()
    assert code == 1
    assert "ValueError: no more data" in printed
