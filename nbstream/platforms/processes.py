"""Start other programs in place of this one."""

from __future__ import annotations

import os
import subprocess
import sys


def is_root() -> bool:
    """Return whether this process has the rights of the superuser."""
    return getattr(os, "geteuid", lambda: 1)() == 0


def replace_process(command: list[str]) -> int:
    """Run a program in place of this one. In Windows, where that would return the
    terminal to the shell at once, run it and return its exit code.

    Args:
        command: the path of the program, and its arguments.
    """
    sys.stdout.flush()
    if sys.platform == "win32":
        return subprocess.call(command)
    os.execv(command[0], command)
