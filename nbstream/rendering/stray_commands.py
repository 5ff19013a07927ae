r"""Commands of math outside of formulas, in markdown that a host renders.

Hosts find math by rules of their own. JupyterLab looks for it in the markdown, and once
more in the page made of that, where `\\def` and `&#92;def` have become `\def`, and `\$`
has become a dollar. So a command that formulas may not have is parted from its
backslash by a character without width: it reads the same, and no host obeys it.
"""

from __future__ import annotations

import re
from html import unescape

from .formulas import is_always_allowed

COMMAND = re.compile(r"\\+[A-Za-z]+|\\{2,}(?=\*?\[)|&#?[0-9A-Za-z]+;?")
"""What a page may read as a command, a length after a line's end, or a part of them."""

_BEGINNING = re.compile(r"\$|&(?:#|dollar|bsol)|\\(?:[(\[]|begin)")
_WORD_JOINER = "\u2060"


def may_hold_math(text: str) -> bool:
    """Whether a host that renders markdown may find math somewhere in it."""
    return _BEGINNING.search(text) is not None


def disarm_command(command: str) -> str:
    """Return a match of `COMMAND` such that no host obeys it."""
    if command[0] == "&":
        char = unescape(command)
        hides = char in ("\\", "$", "{", "}") or (char.isascii() and char.isalpha())
        return f"&amp;{command[1:]}" if hides else command
    name = command.lstrip("\\")
    if is_always_allowed(name):
        return command
    return command[: len(command) - len(name)] + _WORD_JOINER + name


def disarm_commands(text: str) -> str:
    """Return text without formulas in which no host finds a command to obey."""
    if not may_hold_math(text):
        return text
    return COMMAND.sub(lambda found: disarm_command(found[0]), text)
