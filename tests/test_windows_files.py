"""Recordings in Windows, played: no open file can be renamed or replaced, by anyone."""

from __future__ import annotations

import asyncio
import errno
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import nbstream
from nbstream.errors import RecordingUnavailable
from nbstream.platforms import files
from nbstream.recordings.writer import begin_recording
from nbstream.sources import RecordedSource
from nbstream.streams.handle import Stream

from .secret_streams import KEY, Echo, cut, event

pytestmark = pytest.mark.anyio

IN_USE = "The process cannot access the file because it is being used by another"


def open_files() -> set[str]:
    descriptors = Path("/proc/self/fd")
    return {os.path.realpath(descriptor) for descriptor in descriptors.iterdir()}


@pytest.fixture(autouse=True)
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the directory is made, which pytest does otherwise in Windows."""
    real = os.replace

    def replace(source: Any, target: Any) -> None:
        if open_files() & {os.path.realpath(source), os.path.realpath(target)}:
            raise PermissionError(errno.EACCES, IN_USE)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(files, "fcntl", None)
    monkeypatch.setattr(sys, "platform", "win32")


async def record(text: str, path: Path) -> None:
    stream = nbstream.stream([text], record=path)
    await stream.wait()
    assert stream.state == "finished", stream.error


async def replay(path: Path) -> str:
    stream = nbstream.stream(f"replay:{path}", speed=math.inf)
    await stream
    return stream.text


async def test_an_older_recording_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for text in ("first", "second", "third"):
        await record(text, path)
    assert await replay(path) == "third"
    assert await replay(tmp_path / "run.jsonl~") == "second"


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl~"])
async def test_a_recording_that_is_open_elsewhere_is_left_as_it_is(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "run.jsonl"
    await record("first", path)
    await record("second", path)
    with (tmp_path / name).open("rb"):
        stream = nbstream.stream(["third"], record=path)
        await stream.wait()
    assert isinstance(stream.error, RecordingUnavailable)
    assert IN_USE in str(stream.error)
    assert await replay(path) == "second"
    await record("third", path)
    assert await replay(path) == "third"


async def test_one_that_is_open_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """As by a virus scanner that reads what was written."""
    path = tmp_path / "run.jsonl"
    await record("first", path)
    scanner = path.open("rb")
    beginning = asyncio.create_task(begin_recording(path))
    await asyncio.sleep(0)
    assert not beginning.done()
    scanner.close()
    (await beginning).close()
    assert await replay(tmp_path / "run.jsonl~") == "first"


async def test_a_second_recording_to_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    first = await begin_recording(path)
    with pytest.raises(RecordingUnavailable, match="another recording"):
        await begin_recording(path)
    first.close()


async def test_secrets_that_came_in_pieces_are_removed(tmp_path: Path) -> None:
    payloads = [
        event({"type": "content", "data": piece}) for piece in cut(f"key {KEY}.", 5)
    ]
    path = tmp_path / "run.jsonl"
    await Stream(RecordedSource(Echo(payloads, KEY), path))
    assert await replay(path) == "key ***."
    assert [file.name for file in tmp_path.iterdir()] == ["run.jsonl"]
