"""Paths without the machine: notebooks are shared, and where a home directory is, and
so what its owner is called, is nobody's business."""

from __future__ import annotations

import functools
import os
import re
import sysconfig
from pathlib import Path

# What a kernel calls the code of a cell, where nobody has named it better. It is looked
# for from the beginnings of words only: from every character would take the square of
# a long word's length.
_CELL = re.compile(r"(?<![^\s\"'])[^\s\"']*ipykernel_\d+[/\\]\d+\.py")
# A path goes on with one of these, or ends.
_END = r"(?=[/\\]|[\"'\s:,;)\]>]|$)"


def shorten_path(path: str | os.PathLike[str]) -> str:
    """Return a path as it may be shown: as it was given where it is relative, from `~`
    or `.` on where it is in the home or the current directory, else its name alone."""
    text = os.fspath(path)
    if not os.path.isabs(text):
        return text
    without = shorten_paths(text)
    return without if without != text else f"…/{Path(text).name}"


def shorten_paths(text: str) -> str:
    """Return text, such as a traceback, without the directories that say whose machine
    it is: `~` stands for the home directory, `.` for the current one, `<python>` for
    where libraries are installed, and cells are `<cell>`. Other paths stay."""
    if "/" not in text and "\\" not in text:
        return text
    text = _CELL.sub("<cell>", text)
    for directory, name in _directories(*_here()):
        text = re.sub(rf"(?<![\w.~-]){re.escape(directory)}{_END}", name, text)
    return text


def _here() -> tuple[str, str]:
    """Return the home and the current directory; empty where there is none: a user
    without an entry, a directory that was deleted."""
    home = os.path.expanduser("~")
    try:
        return home, os.getcwd()
    except OSError:
        return home, ""


@functools.lru_cache(maxsize=4)
def _directories(home: str, here: str) -> tuple[tuple[str, str], ...]:
    """Return directories and what they are called, the innermost first: an environment
    is often in the project's directory, and that in the home directory."""
    named = {name: short for name, short in ((here, "."), (home, "~")) if name}
    for kind in ("stdlib", "platstdlib", "purelib", "platlib"):
        named[sysconfig.get_path(kind)] = "<python>"
    for directory, name in tuple(named.items()):
        named.setdefault(os.path.realpath(directory), name)
    real = [pair for pair in named.items() if len(pair[0]) > 1]
    return tuple(sorted(real, key=lambda pair: -len(pair[0])))
