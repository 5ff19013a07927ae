"""Recordings with a faulty file: the stream itself continues, and no file that is not
ours is touched."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import nbstream

from .faulty_recordings import lines, notes_of, replayed
from .python_streams import Steps, until_text

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


def test_a_full_disk_ends_the_recording_and_not_the_stream(tmp_path: Path) -> None:
    """The limit on a file's size fails a write in its middle, as a full disk does."""
    path = tmp_path / "run.jsonl"
    code = f"""
        import asyncio, json, resource, signal
        import nbstream
        from nbstream.updates import Note
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))

        async def job():
            for i in range(300):
                yield f"{{i}} "

        async def main():
            stream = nbstream.stream(job(), record={str(path)!r})
            notes = [u.message async for u in stream if type(u) is Note]
            print(json.dumps([stream.state, stream.text, notes]))

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    state, text, notes = json.loads(done.stdout)
    assert state == "finished"
    assert text == "".join(f"{i} " for i in range(300))
    _, *kept = lines(path)  # only whole lines
    assert notes == [
        f"The recording to run.jsonl has stopped after event {len(kept)}: File too "
        "large. The stream itself goes on."
    ]
    assert 0 < len(kept) < 300


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda path: path.unlink(), "the file was removed"),
        (lambda path: path.rename(f"{path}.1"), "the file was removed"),
        (
            lambda path: (path.unlink(), path.write_text("mine")),
            "another file was put in its place",
        ),
        (lambda path: path.write_text(""), "another program changed the file"),
    ],
    ids=["removed", "renamed", "replaced", "truncated"],
)
async def test_a_file_that_is_lost_is_noticed(
    tmp_path: Path, fault: Any, why: str
) -> None:
    path = tmp_path / "run.jsonl"
    steps = Steps()
    stream = nbstream.stream(steps, record=path)
    steps.send("one ")
    await until_text(stream, "one ")
    fault(path)
    steps.send("two ", "three ", None)
    await stream
    assert stream.text == "one two three "
    assert await notes_of(stream) == [
        f"The recording to run.jsonl has stopped after event 1: {why}. The stream "
        "itself goes on."
    ]


async def test_a_file_that_is_lost_after_the_last_event_is_noticed_too(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.jsonl"
    steps = Steps()
    stream = nbstream.stream(steps, record=path)
    steps.send("one")
    await until_text(stream, "one")
    path.unlink()
    stream.cancel()
    await stream.wait()
    assert "after event 1: the file was removed" in (await notes_of(stream))[0]
    assert not path.exists()


@pytest.mark.parametrize("name", ["folder", "results.csv", "my.ipynb", "link", "pipe"])
async def test_what_is_not_ours_is_refused(tmp_path: Path, name: str) -> None:
    """On every attempt, and before the source is contacted."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").write_text("precious")
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    (tmp_path / "my.ipynb").write_text('{"cells": []}')
    (tmp_path / "link").symlink_to("results.csv")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(os.listdir(tmp_path))
    for _ in range(2):
        stream = nbstream.stream(["lost"], record=tmp_path / name)
        with pytest.raises(nbstream.RecordingUnavailable, match="Expected a file that"):
            await stream
        assert stream.text == ""
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "results.csv").read_text() == "a,b\n1,2\n"
    assert (tmp_path / "folder" / "precious").read_text() == "precious"


async def test_a_device_and_a_socket_are_refused(tmp_path: Path) -> None:
    with pytest.raises(nbstream.RecordingUnavailable, match="it is a device"):
        await nbstream.stream(["x"], record="/dev/full")
    here = os.getcwd()
    os.chdir(tmp_path)  # the name of a socket may only be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("s")
            with pytest.raises(nbstream.RecordingUnavailable, match="it is a socket"):
                await nbstream.stream(["x"], record="s")
    finally:
        os.chdir(here)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
async def test_an_older_recording_is_not_kept_over_what_is_not_ours(
    tmp_path: Path, kind: str
) -> None:
    path, kept = tmp_path / "run.jsonl", tmp_path / "run.jsonl~"
    await nbstream.stream(["first"], record=path)
    if kind == "file":
        kept.write_text("an editor's backup")
    elif kind == "folder":
        kept.mkdir()
    else:
        kept.symlink_to("elsewhere")
    with pytest.raises(nbstream.RecordingUnavailable, match=r"kept as run\.jsonl~"):
        await nbstream.stream(["second"], record=path)
    assert "first" in path.read_text()
    assert kind != "file" or kept.read_text() == "an editor's backup"


async def test_a_link_stays_a_link_and_an_empty_file_is_used(tmp_path: Path) -> None:
    path, link = tmp_path / "run.jsonl", tmp_path / "latest"
    path.touch()
    link.symlink_to(path.name)
    for word in ("first", "second"):
        await nbstream.stream([word], record=link)
    assert link.is_symlink()
    assert "second" in path.read_text()
    assert "first" in (tmp_path / "run.jsonl~").read_text()


@pytest.mark.parametrize("other", ["run.jsonl", "folder/../run.jsonl", "link"])
async def test_two_recordings_to_one_file_are_refused(
    tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under any name of the file; and the first one loses nothing."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("link").symlink_to(tmp_path / "run.jsonl")
    steps = Steps()
    first = nbstream.stream(steps, record=tmp_path / "run.jsonl")
    steps.send("one ")
    await until_text(first, "one ")
    second = nbstream.stream(["two"], record=other)
    with pytest.raises(nbstream.RecordingUnavailable, match="another recording is"):
        await second
    steps.send("three", None)
    await first
    again, _ = await replayed(tmp_path / "run.jsonl")
    assert again.text == "one three"
    assert not Path("run.jsonl~").exists()


def test_a_recording_of_another_process_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    code = f"""
        import asyncio, sys, nbstream
        async def job():
            yield "one"
            await asyncio.to_thread(sys.stdin.readline)
        async def main():
            stream = nbstream.stream(job(), record={str(path)!r})
            stream.observe(lambda: print(stream.text, flush=True))
            await stream
        asyncio.run(main())
    """

    async def second() -> None:
        await nbstream.stream(["two"], record=path)

    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as job:
        assert job.stdin is not None and job.stdout is not None
        while job.stdout.readline() != b"one\n":
            pass
        with pytest.raises(nbstream.RecordingUnavailable, match="another recording"):
            asyncio.run(second())
        job.stdin.write(b"\n")
        job.stdin.close()
        job.stdout.read()
    _, event, end = lines(path)
    assert '"one"' in event["data"]
    assert end["finished"] is True


async def test_a_cell_that_runs_again_records_again(tmp_path: Path) -> None:
    """The old stream is still being cancelled when the new one starts."""
    path = tmp_path / "run.jsonl"
    for word in ("first", "second", "third"):
        steps = Steps()
        stream = nbstream.stream(steps, record=path)
        steps.send(word)
        await until_text(stream, word)
        stream.cancel()
    await stream.wait()
    assert "third" in path.read_text()
    assert "second" in (tmp_path / "run.jsonl~").read_text()
