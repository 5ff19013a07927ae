"""Replaying recordings that are incomplete or invalid: a notice or one clear error,
after the valid part."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import nbstream

from .faulty_recordings import END, HEAD, KEPT, lines, replayed
from .python_streams import Steps, until_text

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


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
    steps.send("one")
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
