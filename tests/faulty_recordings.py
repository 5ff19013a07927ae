"""Lines of recordings, and replays of them with their notices."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbstream
from nbstream.updates import Note

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
