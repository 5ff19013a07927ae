"""The marks that a server leaves in the environment of the kernels that it starts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ...platforms.processes import find_parent

_SESSION = "JPY_SESSION_NAME"
_SOFTWARE = "SERVER_SOFTWARE"
_OF_VOILA = "VOILA_"


def is_in_session(environment: Mapping[str, str]) -> bool:
    """Return whether a Jupyter server started a kernel with this environment for a
    notebook or a console, whose path it then names in it."""
    return _SESSION in environment


def drop_inherited_marks(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a kernel without the marks of a server that did not
    start it.

    A tool that runs in a notebook, such as papermill, starts kernels that inherit the
    marks of that notebook's. There the process that started them has the same.
    """
    marks = {name for name in environment if _is_mark(name)}
    parent = find_parent(environment) if marks else None
    before = {} if parent is None else _read_marks(parent)
    return {
        name: value
        for name, value in environment.items()
        if name not in marks or before.get(name) != value
    }


def _is_mark(name: str) -> bool:
    return name in (_SESSION, _SOFTWARE) or name.startswith(_OF_VOILA)


@cache
def _read_marks(process: int) -> Mapping[str, str]:
    """Return the marks in the environment that a process was started with; empty if
    that is unknown."""
    try:
        import psutil  # ipykernel requires it
    except ImportError:
        return {}
    try:
        found: dict[str, str] = psutil.Process(process).environ()
    except (psutil.Error, OSError):
        return {}
    return {name: value for name, value in found.items() if _is_mark(name)}
