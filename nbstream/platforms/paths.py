"""Recognise paths in text, in the forms of any system: text may come from another one.

Windows' paths begin with a drive or a server. They have either separator, a backslash
may be doubled, as in the message of an `OSError`, and case makes no difference.
"""

from __future__ import annotations

import ntpath
import os
import re

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SEPARATORS = r"[\\/]{1,4}"


def is_absolute(path: str) -> bool:
    """Return whether a path is absolute, here or in Windows."""
    return os.path.isabs(path) or _WINDOWS.match(path) is not None


def find_name(path: str) -> str:
    """Return the last part of a path."""
    is_windows = _WINDOWS.match(path) is not None
    return ntpath.basename(path) if is_windows else os.path.basename(path)


def write_pattern(directory: str) -> str:
    """Return a regular expression that matches a directory in every form in which text
    may have it."""
    if _WINDOWS.match(directory) is None:
        return re.escape(directory)
    parts = (re.escape(part) for part in re.split(_SEPARATORS, directory))
    return f"(?i:{_SEPARATORS.join(parts)})"
