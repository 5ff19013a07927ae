"""Redact secrets that are split between events of a recording. Events are written one
by one, so such a secret is found only when the recording is complete."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import anyio
import anyio.lowlevel

from ..platforms import files
from ..sse.redaction import redactor_of
from ..sse.redaction.across_events import CutSecrets, remove_cuts

_SLICE = 0.01
"""Seconds that the check works before it yields to the event loop."""
_MAX_LINE = 2 * 1024 * 1024
"""Characters of a line that is parsed."""


async def redact_split_secrets(
    path: Path, written: os.stat_result, secrets: Iterable[str]
) -> None:
    """Rewrite a recording without secrets that are split between its events; one
    without any is left alone. Cannot be cancelled; yields to the event loop meanwhile.

    Args:
        path: the file, not a symbolic link.
        written: the status of the file that was written: another file that has taken
            its place is left alone.
        secrets: the values to look for.

    Raises:
        OSError: if the file cannot be read or rewritten; it is unchanged then.
    """
    redactor = redactor_of(secrets)
    if not redactor:
        return
    found = CutSecrets(redactor)
    with (
        anyio.CancelScope(shield=True),
        path.open(encoding="utf-8", newline="\n") as recording,
    ):
        if not os.path.samestat(os.fstat(recording.fileno()), written):
            raise OSError("another file was put in its place")
        async for number, line in _read_lines(recording):
            message = _parse_event(line)
            if message is not None:
                found.read(number, message.get("event", "message"), message["data"])
        if found.cuts:
            await _rewrite(path, recording, found)


async def _read_lines(recording: IO[str]) -> AsyncIterator[tuple[int, str]]:
    recording.seek(0)
    started = time.monotonic()
    for number, line in enumerate(recording):
        yield number, line
        if time.monotonic() - started > _SLICE:
            await anyio.lowlevel.checkpoint()
            started = time.monotonic()


async def _rewrite(path: Path, recording: IO[str], found: CutSecrets) -> None:
    fd, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(fd, "w", encoding="utf-8", newline="\n") as file:
            async for number, line in _read_lines(recording):
                message = _parse_event(line) if number in found.cuts else None
                if message is not None:
                    message["data"] = remove_cuts(message["data"], found.cuts[number])
                    line = json.dumps(message, ensure_ascii=False) + "\n"
                file.write(line)
        if not os.path.samestat(os.fstat(recording.fileno()), os.stat(path)):
            raise OSError("another file was put in its place")
        shutil.copymode(path, new)
        recording.close()  # for Windows
        files.replace(Path(new), path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)


def _parse_event(line: str) -> dict[str, Any] | None:
    """Return the event of a line; None for other lines, and those too long to parse."""
    if len(line) > _MAX_LINE:
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return None
    is_event = isinstance(message, dict) and isinstance(message.get("data"), str)
    return message if is_event else None
