r"""Disarm TeX commands outside of formulas, in markdown that a host renders.

Hosts find math by different rules. JupyterLab searches the markdown, and then the page
that it renders, in which `\\def` and `&#92;def` have become `\def`, and `\$` has become
a dollar sign. So a zero-width character separates a command that formulas may not
contain from its backslash: it looks the same, and no host executes it.
"""

from __future__ import annotations

import re
from html import unescape

from .formulas import is_always_allowed

COMMAND = re.compile(r"\\+[A-Za-z]+|\\{2,}(?=\*?\[)|&#?[0-9A-Za-z]+;?")
"""A possible command, a length after a line break, or a character reference."""

_BEGINNING = re.compile(r"\$|&(?:#|dollar|bsol)|\\(?:[(\[]|begin)")
_WORD_JOINER = "\u2060"


def may_hold_math(text: str) -> bool:
    """Check text for a beginning of math that some host recognises."""
    return _BEGINNING.search(text) is not None


def disarm_command(command: str) -> str:
    """Return a match of `COMMAND` changed so that no host executes it."""
    if command[0] == "&":
        char = unescape(command)
        hides = char in ("\\", "$", "{", "}") or (char.isascii() and char.isalpha())
        return f"&amp;{command[1:]}" if hides else command
    name = command.lstrip("\\")
    if is_always_allowed(name):
        return command
    return command[: len(command) - len(name)] + _WORD_JOINER + name


def disarm_commands(text: str) -> str:
    """Return text, which has no formulas, without commands that a host executes."""
    if not may_hold_math(text):
        return text
    return COMMAND.sub(lambda found: disarm_command(found[0]), text)
