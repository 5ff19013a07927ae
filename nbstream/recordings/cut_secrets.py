"""The check of a recording that is complete: events are written one by one, so a secret
that was cut between two of them is only seen now."""

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

from ..sse.redaction import redactor_of
from ..sse.redaction.across_events import CutSecrets, remove_cuts

# Seconds that the check may keep the event loop to itself.
_TURN = 0.01
_MAX_LINE = 2 * 1024 * 1024


async def take_out_cut_secrets(
    path: Path, written: os.stat_result, secrets: Iterable[str]
) -> None:
    """Rewrite a recording without secrets that were cut between its events; one without
    any is left alone. It is not cancelled, and lets the loop run meanwhile.

    Args:
        path: where it was written, and no symbolic link.
        written: the status of the file that was: another one there is left alone.
        secrets: the values to look for.

    Raises:
        OSError: if the file cannot be read, or written anew; it is as it was then.
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
        async for number, line in _lines(recording):
            message = _message_of(line)
            if message is not None:
                found.read(number, message.get("event", "message"), message["data"])
        if found.cuts:
            await _rewrite(path, recording, found)


async def _lines(recording: IO[str]) -> AsyncIterator[tuple[int, str]]:
    recording.seek(0)
    turn = time.monotonic()
    for number, line in enumerate(recording):
        yield number, line
        if time.monotonic() - turn > _TURN:
            await anyio.lowlevel.checkpoint()
            turn = time.monotonic()


async def _rewrite(path: Path, recording: IO[str], found: CutSecrets) -> None:
    fd, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(fd, "w", encoding="utf-8", newline="\n") as file:
            async for number, line in _lines(recording):
                message = _message_of(line) if number in found.cuts else None
                if message is not None:
                    message["data"] = remove_cuts(message["data"], found.cuts[number])
                    line = json.dumps(message, ensure_ascii=False) + "\n"
                file.write(line)
        if not os.path.samestat(os.fstat(recording.fileno()), os.stat(path)):
            raise OSError("another file was put in its place")
        shutil.copymode(path, new)
        recording.close()  # Windows replaces no file that is open
        os.replace(new, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)


def _message_of(line: str) -> dict[str, Any] | None:
    """The event of a line; None if it is none, or too long to be parsed."""
    if len(line) > _MAX_LINE:
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return None
    is_event = isinstance(message, dict) and isinstance(message.get("data"), str)
    return message if is_event else None
