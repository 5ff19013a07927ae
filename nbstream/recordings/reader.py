"""Read a recording, whatever the file holds: bounded lines, one class of errors."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO

from ..errors import RecordingInvalid, RecordingUnavailable
from .format import End, Event, read_header, read_line

_CHUNK = 64 * 1024
# Bytes. An event may have 16 Mi characters of up to four bytes, some of them escaped.
_LONGEST_LINE = 128 * 1024 * 1024
_LONGEST_HEADER = 1024 * 1024
_SLICE = 0.01
"""Seconds that reading works before it yields to the event loop."""

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def kind_of_file(mode: int) -> str:
    """Return what a file is, such as `a directory`; empty for a regular file.

    Args:
        mode: `st_mode` of `os.stat`.
    """
    if stat.S_ISREG(mode):
        return ""
    return _KINDS.get(stat.S_IFMT(mode), "not a file")


class RecordingReader:
    """Reads a recording: an async iterator of its events and, last, its end.

    Args:
        path: the file.

    Raises (while iterating):
        RecordingUnavailable: if the file cannot be read.
        RecordingInvalid: at the first line that is not one of a recording.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = ""
        """How it is truncated, in words, once it is read to its last line; empty if it
        has an end."""

    async def __aiter__(self) -> AsyncGenerator[Event | End, None]:
        with self._open() as file:
            number = 0
            started = time.monotonic()
            while True:
                parts, size = [], 0
                limit = _LONGEST_LINE if number else _LONGEST_HEADER
                number += 1
                while part := self._read(file):
                    parts.append(part)
                    size += len(part)
                    if part.endswith(b"\n"):
                        break
                    if size > limit:
                        raise self._invalid(number, f"longer than {limit:,} bytes")
                    if time.monotonic() - started > _SLICE:
                        await asyncio.sleep(0)
                        started = time.monotonic()
                line = b"".join(parts)
                if number == 1:
                    self._check_header(line)
                    continue
                if not line:
                    self.cut = "it has no last line that says how the stream ended"
                    return
                try:
                    read = read_line(line)
                except ValueError as error:
                    if not line.endswith(b"\n"):
                        self.cut = "its last line is cut off"
                        return
                    raise self._invalid(number, str(error), line) from None
                yield read
                if isinstance(read, End):
                    return

    def _open(self) -> BinaryIO:
        try:
            # Opening a named pipe would wait for a writer.
            mode = os.stat(self.path).st_mode
            if kind := kind_of_file(mode):
                raise RecordingInvalid(str(self.path), 0, f"it is {kind}")
            return self.path.open("rb")
        except OSError as error:
            raise RecordingUnavailable(str(self.path), error) from None

    def _read(self, file: BinaryIO) -> bytes:
        try:
            return file.readline(_CHUNK)
        except OSError as error:
            raise RecordingUnavailable(str(self.path), error) from None

    def _check_header(self, line: bytes) -> None:
        if not line:
            raise RecordingInvalid(str(self.path), 1, "it is empty")
        try:
            read_header(line)
        except ValueError as error:
            raise self._invalid(1, str(error), line) from None

    def _invalid(
        self, number: int, why: str, line: bytes | None = None
    ) -> RecordingInvalid:
        what = f"its line {number} is "
        if line is None:
            return RecordingInvalid(str(self.path), number, what + why)
        shown = line[:400].decode("utf-8", "replace").strip()
        shown = shown if len(shown) <= 80 else f"{shown[:79]}…"
        return RecordingInvalid(
            str(self.path), number, f"{what}{shown!r}{why and f' ({why})'}"
        )
