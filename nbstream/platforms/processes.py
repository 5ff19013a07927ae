"""Start other programs in place of this one, and find the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping


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


def find_parent(environment: Mapping[str, str]) -> int | None:
    """Return the id of the process that started a kernel with this environment; None
    if it is unknown. In Windows jupyter_client passes a handle of it in place of the
    id."""
    found = environment.get("JPY_PARENT_PID", "")
    if not found.isdecimal():
        return None
    if sys.platform == "win32":
        import ctypes

        get_id = ctypes.windll.kernel32.GetProcessId
        return get_id(ctypes.c_void_p(int(found))) or None
    return int(found)
