"""The mark of a kernel that a Jupyter server has started for a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_NAME = "JPY_SESSION_NAME"
_STARTED_BY = "JPY_PARENT_PID"


def is_in_session(environment: Mapping[str, str]) -> bool:
    """Return whether a Jupyter server started this kernel for a notebook or a console,
    whose path it then names in `JPY_SESSION_NAME`.

    A tool that runs in such a kernel, such as papermill, starts kernels that inherit
    the variable. There the process that started them, `JPY_PARENT_PID`, has it too.
    """
    name = environment.get(_NAME)
    started_by = environment.get(_STARTED_BY, "")
    if name is None:
        return False
    return not (started_by.isdecimal() and _has_name(int(started_by), name))


@cache
def _has_name(process: int, name: str) -> bool:
    """Return whether a process was started with this name of a session; False if that
    is unknown."""
    try:
        import psutil  # ipykernel requires it
    except ImportError:
        return False
    try:
        found: str | None = psutil.Process(process).environ().get(_NAME)
    except (psutil.Error, OSError):
        return False
    return found == name
