"""Recordings with a faulty file: the stream itself continues, and no file that is not
ours is touched."""

from __future__ import annotations

import asyncio
import json
import math
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import nbstream
from nbstream.updates import Note

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

HEAD = '{"nbstream": 1}\n'
KEPT = '{"t": 0, "data": "kept"}\n'
END = '{"t": 1, "finished": true}\n'


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def replayed(path: Path) -> tuple[nbstream.Stream, list[str]]:
    """Return a replay at its end, and the notes in it."""
    stream = nbstream.stream(f"replay:{path}", speed=math.inf)
    await stream.wait()
    return stream, await notes_of(stream)


async def notes_of(stream: nbstream.Stream) -> list[str]:
    found: list[str] = []
    with suppress(nbstream.NbstreamError):
        found.extend([u.message async for u in stream if isinstance(u, Note)])
    return found


class Steps:
    """A stream whose events a test sends one at a time."""

    def __init__(self) -> None:
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    def say(self, *texts: str | None) -> None:
        for text in texts:
            self._texts.put_nowait(text)

    async def __aiter__(self) -> AsyncIterator[str]:
        while (text := await self._texts.get()) is not None:
            yield text


async def until_text(stream: nbstream.Stream, text: str) -> None:
    changed = asyncio.Event()
    stop = stream.observe(changed.set)
    while stream.text != text:
        changed.clear()
        assert not stream.done, stream
        await asyncio.wait_for(changed.wait(), 10)
    stop()


# -- writing ---------------------------------------------------------------------


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
    steps.say("one ")
    await until_text(stream, "one ")
    fault(path)
    steps.say("two ", "three ", None)
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
    steps.say("one")
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
    steps.say("one ")
    await until_text(first, "one ")
    second = nbstream.stream(["two"], record=other)
    with pytest.raises(nbstream.RecordingUnavailable, match="another recording is"):
        await second
    steps.say("three", None)
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
        steps.say(word)
        await until_text(stream, word)
        stream.cancel()
    await stream.wait()
    assert "third" in path.read_text()
    assert "second" in (tmp_path / "run.jsonl~").read_text()


# -- reading ---------------------------------------------------------------------


async def test_a_whole_recording_has_no_notice(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(HEAD + KEPT + END)
    stream, notes = await replayed(path)
    assert (stream.state, stream.text, notes) == ("finished", "kept", [])


async def test_one_of_another_system_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes((HEAD + KEPT + END).replace("\n", "\r\n").encode())
    stream, notes = await replayed(path)
    assert (stream.state, stream.text, notes) == ("finished", "kept", [])


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("", "no last line that says how the stream ended"),
        ('{"t": 0.1, "da', "its last line is cut off"),
        ('{"t": 0.1, "data": "\u00fc'.encode()[:-1], "its last line is cut off"),
        (bytes(4096), "its last line is cut off"),
    ],
    ids=["no end", "cut", "cut in a character", "zeros of a crash"],
)
async def test_a_truncated_recording_has_a_notice(
    tmp_path: Path, rest: str | bytes, why: str
) -> None:
    path = tmp_path / "run.jsonl"
    rest = rest.encode() if isinstance(rest, str) else rest
    path.write_bytes((HEAD + KEPT).encode() + rest)
    stream, notes = await replayed(path)
    assert stream.text == "kept"
    assert len(notes) == 1
    assert "The recording ends in the middle" in notes[0]
    assert why in notes[0]


async def test_a_cancelled_stream_replays_as_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    steps = Steps()
    stream = nbstream.stream(steps, record=path)
    steps.say("one")
    await until_text(stream, "one")
    stream.cancel()
    await stream.wait()
    again, notes = await replayed(path)
    assert again.text == "one"
    assert notes == ["The stream was cancelled here when it was recorded."]


async def test_a_stream_that_announced_its_end_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    async def announced_end() -> AsyncIterator[Any]:
        yield {"type": "content", "data": "all"}
        yield {"type": "done"}
        await asyncio.Event().wait()

    await nbstream.stream(announced_end(), record=path, dialect="standard")
    assert lines(path)[-1]["finished"] is True


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "it is empty"),
    "one line": ("hello", "its line 1 is 'hello'"),
    "a header cut off": ('{"nbstr', "its line 1 is '{\"nbstr'"),
    "a byte order mark": (
        b"\xef\xbb\xbf" + HEAD.encode(),
        "begins with a byte order mark",
    ),
    "UTF-16": (HEAD.encode("utf-16"), "not UTF-8"),
    "zeros": (bytes(3_000_000), "its line 1 is longer than 1,048,576 bytes"),
    "a version of true": ('{"nbstream": true}\n', "its line 1 is"),
    "a newer version": ('{"nbstream": 2}\n', "of another version than 1"),
    "a huge version": ('{"nbstream": %s}\n' % ("9" * 4000), "of another version"),
    "nested first": (b"[" * 100_000 + b"\n", "nested too deep"),
    "a blank line": (HEAD + KEPT + "\n" + KEPT, "its line 3 is '' (empty)"),
    "a second header": (HEAD + KEPT + HEAD, "a second first line"),
    "an event that is a list": (
        HEAD + KEPT + '{"t": 0, "data": "x", "event": ["a"]}\n',
        "event is not text",
    ),
    "an id that is an object": (
        HEAD + KEPT + '{"t": 0, "data": "x", "id": {"b": 1}}\n',
        "id is not text",
    ),
    "a retry in words": (
        HEAD + KEPT + '{"t": 0, "data": "x", "retry": "z"}\n',
        "retry is not a whole number",
    ),
    "bad UTF-8": (
        (HEAD + KEPT).encode() + b'{"t": 0, "data": "\xff\xfe"}\n',
        'its line 3 is \'{"t": 0, "data": "\ufffd\ufffd"}\' (not UTF-8)',
    ),
    "nested": (
        (HEAD + KEPT).encode()
        + b'{"t": 0, "data": "x", "z": '
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}\n",
        "nested too deep",
    ),
    "lists, as many as fit": (
        f'{HEAD}{KEPT}{{"t": 0, "data": "x", "z": [{"[]," * 700_000}[]]}}\n',
        "a list or an object in it is too large",
    ),
    "fields, as many as fit": (
        f'{HEAD}{KEPT}{{{"".join(f""""{n}": 0, """ for n in range(200_000))}"t": 0}}\n',
        "more than 100 fields",
    ),
    "a large line cut off": (
        f'{HEAD}{KEPT}{{"t": 0, "data": "{"x" * 2_000_000}\n{KEPT}',
        "its line 3 is",
    ),
    "two in a large line": (
        f'{HEAD}{KEPT}{{"t": 0, "data": "{"x" * 2_000_000}"}}{KEPT}',
        "its line 3 is",
    ),
    **{
        f"a time of {t[:9]}": (f'{HEAD}{KEPT}{{"t": {t}, "data": "x"}}\n', why)
        for t, why in {
            "NaN": "t is not within ten years",
            "Infinity": "t is not within ten years",
            "1e300": "t is not within ten years",
            "-5": "t is not within ten years",
            "9" * 4000: "t is not within ten years",
            "9" * 5000: "its line 3 is",
            "true": "t is not a number",
            "[]": "t is not a number",
        }.items()
    },
}


@pytest.mark.parametrize(("content", "why"), HOSTILE.values(), ids=HOSTILE)
async def test_what_is_not_a_recording_is_one_clear_error(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    """And the valid part before it is shown."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    stream, _ = await replayed(path)
    assert type(stream.error) is nbstream.RecordingInvalid
    assert why in str(stream.error)
    assert str(path) in str(stream.error)
    assert stream.text == ("kept" if stream.error.line_number > 1 else "")


async def test_a_line_without_end_is_an_error(tmp_path: Path) -> None:
    """Ten gigabytes that no disk holds, at the second line."""
    path = tmp_path / "run.jsonl"
    path.write_text(HEAD + KEPT)
    os.truncate(path, 10_000_000_000)
    stream, _ = await replayed(path)
    assert "its line 3 is longer than 134,217,728 bytes" in str(stream.error)
    assert stream.text == "kept"


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in {
        tmp_path: "a directory",
        tmp_path / "pipe": "a named pipe",
        Path("/dev/zero"): "a device",
    }.items():
        stream, _ = await replayed(path)
        assert type(stream.error) is nbstream.RecordingInvalid
        assert f"but it is {kind}. " in str(stream.error)
