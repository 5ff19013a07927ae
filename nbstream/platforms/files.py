"""Lock and rename files as each system allows.

Windows renames no file that is open, and replaces none: neither by whoever has it open
nor by another program, such as a virus scanner that reads it for a moment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows, where `replace` fails for a file that is open elsewhere
    fcntl = None

# Bytes as they are; no wait for the reader of a named pipe; not for child processes.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK", "O_CLOEXEC"))


class FileBusy(Exception):
    """Raised when a file cannot be replaced now, and maybe in a moment.

    Args:
        error: what the system says.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def open_unbuffered(path: Path, flags: int) -> int:
    """Open a file for reading and writing bytes, and return its descriptor.

    Args:
        path: the file.
        flags: more of `os.open`'s flags.

    Raises:
        OSError: if it cannot be opened.
    """
    return os.open(path, os.O_RDWR | _FLAGS | flags, 0o666)


def try_lock(fd: int) -> bool:
    """Lock a file until it is closed, against those that lock it so too. Returns False
    if another one has; True also where the file system has no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def renames_open_files() -> bool:
    """Return whether a file can be renamed while it is open."""
    return sys.platform != "win32"


def replace(source: Path, target: Path) -> None:
    """Rename a file, in place of another one if there is one.

    Raises:
        FileBusy: if a program has one of the two open, in Windows.
        OSError: if the system refuses.
    """
    try:
        os.replace(source, target)
    except PermissionError as error:
        if renames_open_files():
            raise
        raise FileBusy(error) from None
