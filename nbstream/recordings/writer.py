"""Write a recording: never over another kind of file, and never two into one file."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from ..errors import RecordingUnavailable
from ..platforms import files
from .format import is_header
from .reader import kind_of_file

_MAX_HEADER = 1024 * 1024
"""Bytes of a file in which the first line of a recording is looked for."""
_PATIENCE = 0.5
"""Seconds to wait for another recording to end: a cell that runs again starts its new
stream while the old one is being cancelled."""

# The files that this process is writing, by device and inode: some file systems have no
# locks, or only between processes.
_open_files: set[tuple[int, int]] = set()
_guard = threading.Lock()


class RecordingStopped(Exception):
    """Raised when a recording cannot be written any further.

    Args:
        why: the cause, such as `No space left on device`.
        lines: how many of the lines were written.
    """

    def __init__(self, why: str, lines: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.lines = lines


class InUse(Exception):
    """Raised when the file is in use, which may end in a moment.

    Args:
        why: the cause; by default that another recording is being written to it.
    """

    def __init__(
        self,
        why: str | OSError = "another recording is being written to it; record to "
        "another name",
    ) -> None:
        super().__init__(why)
        self.why = why


async def begin_recording(path: Path) -> RecordingWriter:
    """Open the file to record to; wait half a second for a recording that is ending.

    Raises:
        RecordingUnavailable: if another recording is being written to it, it cannot be
            written, or it has other content.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return RecordingWriter(path)
        except InUse as in_use:
            if time.monotonic() > until:
                raise RecordingUnavailable(str(path), in_use.why) from None
        await asyncio.sleep(0.02)


class RecordingWriter:
    """A file that a recording is written to, line by line.

    Each write goes to the operating system without a buffer, so that a kernel that is
    killed loses nothing that was shown. An older recording of the same name is kept as
    `FILE~`. Anything else is left alone: a file that is not a recording, a directory or
    a device is refused, and so is a `FILE~` that is not a recording.

    Args:
        path: the file; a symbolic link is followed.

    Raises:
        InUse: if another recording is being written to it, or in Windows if a program
            has the older recording open.
        RecordingUnavailable: if it cannot be written, or has other content.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = 0
        self._claimed: list[tuple[int, int]] = []
        self._fd = -1
        try:
            # Rotating must not rename a symbolic link.
            self.place = Path(os.path.realpath(path))
            """The file, however links and the working directory change."""
            self._fd = self._open()
            self.status = os.fstat(self._fd)
            """Identifies the file, should another one take its place."""
        except OSError as error:
            raise RecordingUnavailable(str(path), error) from None

    def write(self, lines: list[bytes]) -> None:
        """Write these lines.

        Raises:
            RecordingStopped: if not all could be written; the file then ends with the
                last complete line.
        """
        data = b"".join(lines)
        written = 0
        try:
            self._check_place()
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError as error:
            whole = data.rfind(b"\n", 0, written) + 1
            if whole < written:
                self._cut(self._size + whole)
            kept = data.count(b"\n", 0, whole)
            raise RecordingStopped(error.strerror or str(error), kept) from None
        self._size += written

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._release(self._claimed)

    # -- the file ----------------------------------------------------------------

    def _open(self) -> int:
        try:
            old = os.stat(self.place)
        except FileNotFoundError:
            return self._create()
        if kind := kind_of_file(old.st_mode):
            raise self._refusal(f"it is {kind}")
        fd = files.open_unbuffered(self.place, os.O_APPEND)
        claim = None
        try:
            claim = self._claim(fd)
            if _identity(os.stat(self.place)) != claim:
                raise InUse  # another recording has just renamed this one
            start = os.read(fd, _MAX_HEADER).partition(b"\n")[0]
            if not os.fstat(fd).st_size:  # it can be overwritten
                self._claimed.append(claim)
                fd, claim, taken = -1, None, fd
                return taken
            if not is_header(start):
                raise self._refusal(
                    "it holds something else than a recording, which would be lost; "
                    "record to another name, or delete it"
                )
            if not files.renames_open_files():
                os.close(fd)
                fd = -1
            self._rotate()
        finally:
            if fd >= 0:
                os.close(fd)
            if claim is not None:
                self._release([claim])
        return self._create()

    def _create(self) -> int:
        flags = os.O_APPEND | os.O_CREAT | os.O_EXCL
        try:
            fd = files.open_unbuffered(self.place, flags)
        except FileExistsError:
            raise InUse from None  # another recording has just created it
        try:
            self._claimed.append(self._claim(fd))
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _rotate(self) -> None:
        kept = self.place.with_name(f"{self.place.name}~")
        try:
            mode = os.lstat(kept).st_mode
        except FileNotFoundError:
            pass
        else:
            ours = False
            if stat.S_ISREG(mode):
                fd = files.open_unbuffered(kept, 0)
                try:
                    self._release([self._claim(fd)])
                    ours = is_header(os.read(fd, _MAX_HEADER).partition(b"\n")[0])
                finally:
                    os.close(fd)
            if not ours:
                raise self._refusal(
                    f"the recording that it holds would be kept as {kept.name}, which "
                    "is something else; record to another name, or move that away"
                )
        try:
            files.replace(self.place, kept)
        except files.FileBusy as busy:
            raise InUse(busy.error) from None

    def _check_place(self) -> None:
        """Raise OSError if the file is no longer the one that was opened: writing would
        raise no error, and be lost."""
        try:
            there = os.stat(self.place)
        except FileNotFoundError:
            raise OSError("the file was removed") from None
        here = os.fstat(self._fd)
        if _identity(there) != _identity(here):
            raise OSError("another file was put in its place")
        if here.st_size != self._size:
            raise OSError("another program changed the file")

    def _cut(self, size: int) -> None:
        """Remove the part of a line that could not be written completely."""
        with suppress(OSError):  # a reader recognises a truncated line
            os.ftruncate(self._fd, size)

    # -- one at a time -----------------------------------------------------------

    def _claim(self, fd: int) -> tuple[int, int]:
        """Lock the file as long as it is open.

        Raises:
            InUse: if it is being written to.
        """
        claim = _identity(os.fstat(fd))
        with _guard:
            if claim in _open_files:
                raise InUse
            if not files.try_lock(fd):
                raise InUse
            _open_files.add(claim)
        return claim

    def _release(self, claims: list[tuple[int, int]]) -> None:
        with _guard:
            _open_files.difference_update(claims)

    def _refusal(self, why: str) -> RecordingUnavailable:
        return RecordingUnavailable(str(self.path), why)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
