"""Any stream's output can be saved in a notebook: halves of surrogate pairs, as in JSON
and file names, are not valid UTF-8."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream
from nbstream.display import snapshot

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

HALF = "\ud800"


def raising() -> Iterator[str]:
    yield "a"
    raise ValueError(HALF)


def failing_replay(folder: Path) -> tuple[Any, dict[str, Any]]:
    path = folder / "run.jsonl"
    path.write_text('{"nbstream": 1}\n{"t": 0, "failed": "\\ud800 it broke"}\n')
    return f"replay:{path}", {"speed": math.inf}


SOURCES = {
    "a recording's failure": failing_replay,
    "a file's name": lambda folder: (f"replay:{folder}/\udcff.jsonl", {}),
    "a recording's name": lambda folder: (
        raising(),
        {"record": folder / "no" / "\udcff.jsonl"},
    ),
    "an exception": lambda _: (raising(), {}),
    "a name": lambda _: (raising(), {"name": HALF}),
    "an address": lambda _: (f"http://127.0.0.1:1/{HALF}", {"retries": 0}),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
async def test_a_streams_output_can_be_saved(source: Any, tmp_path: Path) -> None:
    given, options = source(tmp_path)
    stream = nbstream.stream(given, **options)
    await stream.wait()
    assert stream.state == "failed"
    patches = [(p.kind, p.payload) for p in stream.transcript.snapshot()]
    shown = [stream.label, stream.reason, stream.name, repr(stream), patches]
    left = json.dumps([snapshot.bundle(stream), shown], ensure_ascii=False)
    assert left.encode()


async def test_a_stream_fails_as_usual_in_a_folder_that_was_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the folder of a temporary job."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    def body() -> Iterator[str]:
        yield "a"
        raise ValueError("n/a")

    stream = nbstream.stream(body())
    await stream.wait()
    assert (stream.state, stream.reason) == ("failed", "ValueError: n/a")
    with pytest.raises(nbstream.RecordingUnavailable, match="No such file"):
        await nbstream.stream(body(), record="run.jsonl")
    os.chdir(tmp_path)
