"""Shorten paths so that a shared notebook does not reveal the directories of a machine,
such as the home directory with the name of its owner."""

from __future__ import annotations

import functools
import os
import re
import sysconfig

from ..platforms.paths import find_name, is_absolute, write_pattern

# The file name that ipykernel gives to the code of a cell. The match starts at the
# beginning of a word only, because a start at every character would be quadratic in the
# length of a long word.
_CELL = re.compile(r"(?<![^\s\"'])[^\s\"']*ipykernel_\d+[/\\]{1,4}\d+\.py")
# Characters that may follow a directory in a path or end it.
_END = r"(?=[/\\]|[\"'\s:,;)\]>]|$)"


def shorten_path(path: str | os.PathLike[str]) -> str:
    """Return a path for display: a relative path unchanged, one in the home or the
    current directory from `~` or `.` on, any other as `…/` and its name."""
    text = os.fspath(path)
    if not is_absolute(text):
        return text
    shortened = shorten_paths(text)
    return shortened if shortened != text else f"…/{find_name(text)}"


def shorten_paths(text: str) -> str:
    """Return text, such as a traceback, with shortened paths: `~` for the home
    directory, `.` for the current one, `<python>` for those of installed libraries, and
    `<cell>` for the code of cells. Other paths are unchanged."""
    if "/" not in text and "\\" not in text:
        return text
    for directory, name in _name_directories(*_find_home_and_current()):
        text = re.sub(rf"(?<![\w.~-]){write_pattern(directory)}{_END}", name, text)
    # After the home directory, whose name may have spaces.
    return _CELL.sub("<cell>", text)


def _find_home_and_current() -> tuple[str, str]:
    """Return the home and the current directory. The current one is empty if it was
    deleted."""
    home = os.path.expanduser("~")
    try:
        return home, os.getcwd()
    except OSError:
        return home, ""


@functools.lru_cache(maxsize=4)
def _name_directories(home: str, current: str) -> tuple[tuple[str, str], ...]:
    """Return directories with their short names, the innermost first: an environment is
    often in the project's directory, and that in the home directory."""
    named = {name: short for name, short in ((current, "."), (home, "~")) if name}
    for kind in ("stdlib", "platstdlib", "purelib", "platlib"):
        named[sysconfig.get_path(kind)] = "<python>"
    for directory, name in tuple(named.items()):
        named.setdefault(os.path.realpath(directory), name)
    real = [pair for pair in named.items() if len(pair[0]) > 1]
    return tuple(sorted(real, key=lambda pair: -len(pair[0])))
