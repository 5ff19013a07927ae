"""Decide which formulas are typeset: an allow-list of commands, and limits of size.

All formulas of a page share the host's typesetter: MathJax in JupyterLab and in
exported HTML, KaTeX in VS Code. A definition, a colour, an equation number or a label
would affect the formulas of other cells. A formula of a stream is typeset only if every
command in it is in `formulas.json`, and if it cannot expand to much more than its
source. All others are shown as source.

The twin is `frontend/src/markdown/formulas.ts`, with the same `formulas.json`;
`tests/cases/formulas.json` holds both to the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

_RULES: dict[str, Any] = json.loads(
    Path(__file__).with_name("formulas.json").read_text("utf-8")
)
_MACROS = frozenset(" ".join(_RULES["macros"].values()).split())
_ENVIRONMENTS = frozenset(_RULES["environments"].split())
_COLOURS = frozenset(_RULES["colours"].split())
_UNBRACKETED = frozenset(_RULES["unbracketed"].split())
_LIMITS: dict[str, int] = _RULES["limits"]

MAX_CHARACTERS = _LIMITS["characters"]
"""Characters of a formula; a longer one is shown as source."""

TYPESET = 'class="nbstream-math mathjax_process tex2jax_process"'
"""The attribute of a formula that the page's typesetter processes."""

MAX_TYPESET = _LIMITS["typeset"]
"""Formulas of one output that are typeset. Each blocks the page for about 1 ms."""

# Commands that are allowed only with some arguments, or a limited number of times.
_CONDITIONAL = frozenset(
    ["begin", "end", "label", "ref", "eqref", "tag", "hspace", "mspace"]
).union(_RULES["limited"])

# Commands and special characters; a backslash at the very end is also matched.
_TOKEN = re.compile(r"\\(?:([A-Za-z]+)|([\s\S]))?|\^\^|[{}$&#%]")
_NAME = re.compile(r"\s*\{([A-Za-z]+\*?)\}")
_COLUMNS = re.compile(r"(?:\s*\[[tcb]\])?\s*\{([^{}]{1,60})\}")
_BRACKET = re.compile(r"\s*\[")
_ALIGNMENT = re.compile(r"\s*\[[tcb]\]")
_LENGTH = r"\s*([0-9]{1,3}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})\s*([a-z]{2})\s*"
_SPACE = re.compile(rf"\s*\{{{_LENGTH}\}}")
_NO_SKIP = re.compile(r"(?!\*?\[)(?!\*?\s*\[\s*[-+.,0-9])")
_SKIP = re.compile(rf"\*?\s*\[{_LENGTH}\]")
_LABEL = re.compile(r"\s*\{([A-Za-z0-9_ .:+/()'*-]{1,60})\}")
_TAG = re.compile(rf"(\*?){_LABEL.pattern}")
_ALIGNED = frozenset({"aligned", "alignedat", "gathered", "split"})


def prepare_formula(formula: str) -> str | None:
    r"""Return a formula in the form in which it is typeset; None if it is not allowed.

    Numbers and references would affect the rest of the page: `\label` is removed,
    `\tag{1}` and `\eqref{a}` become text, and `align`, which some hosts number, becomes
    `align*`.

    Args:
        formula: the source with its delimiters, which are `$`, `$$`, `\(` or `\[`.
    """
    width = 1 if formula.startswith("$") and not formula.startswith("$$") else 2
    content = formula[width:-width]
    if len(formula) > MAX_CHARACTERS or not _is_readable(content):
        return None
    prepared = _Reader(content).read()
    if prepared is None or not prepared.strip():
        return None
    return formula[:width] + prepared + formula[-width:]


def is_always_allowed(command: str) -> bool:
    """Check that a command is allowed everywhere, with any arguments."""
    return command in _MACROS and command not in _CONDITIONAL


def limit_formulas(html: str) -> str:
    """Return HTML in which only the first `MAX_TYPESET` formulas are typeset."""
    *typeset, rest = html.split(TYPESET, MAX_TYPESET)
    source = 'class="nbstream-math"'
    return TYPESET.join([*typeset, rest.replace(TYPESET, source)])


def _is_readable(content: str) -> bool:
    """Check that all characters are visible and in the order in which they are read."""
    if content.isascii():
        return not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", content)
    marks = 0
    for char in content:
        category = unicodedata.category(char)
        if category in ("Cf", "Co", "Cs", "Zl", "Zp") or (
            category == "Cc" and char not in "\t\n"
        ):
            return False
        marks = marks + 1 if category[0] == "M" else 0
        if marks > _LIMITS["marks"]:
            return False
    return True


class _Reader:
    """Reads one formula and rewrites it; see `prepare_formula`."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._at = 0
        self._written: list[str] = []
        # The open groups: `{`, `ce{`, `$`, `left`, or an environment's name.
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()
        self._commands = 0

    def read(self) -> str | None:
        copied = 0
        chemistry = False  # the next brace opens a `\ce`
        while found := _TOKEN.search(self._content, self._at):
            written = self._content[copied : found.start()]
            self._at = found.end()
            opens_chemistry = chemistry and not written.strip()
            chemistry = found[1] in ("ce", "pu")
            if found[0][0] == "\\":
                replacement = self._read_command(found)
            else:
                replacement = self._read_character(found[0], opens_chemistry)
            if replacement is None:
                return None
            self._written += (written, replacement)
            copied = self._at
        self._written.append(self._content[copied:])
        return None if self._open else "".join(self._written)

    def _read_character(self, char: str, opens_chemistry: bool) -> str | None:
        inner = self._open[-1] if self._open else ""
        if char == "{":
            return self._push("ce{" if opens_chemistry else "{", char)
        if char == "}":
            return self._pop("ce{" if inner == "ce{" else "{", char)
        if char == "$":
            # Math in text, as in `\text{if $x > 0$}`.
            if inner == "$":
                return self._pop("$", char)
            return self._push("$", char) if inner == "{" else None
        if char == "&":
            return char if inner in _ENVIRONMENTS else None
        if char == "#":
            return char if "ce{" in self._open else None  # a triple bond
        return None

    def _read_command(self, found: re.Match[str]) -> str | None:
        name, symbol = found[1], found[2]
        self._commands += 1
        if self._commands > _LIMITS["commands"]:
            return None
        if name is None:
            if symbol == "\\":
                return self._read_line_end()
            allowed = symbol is not None and symbol in _RULES["symbols"]
            return found[0] if allowed and self._has_room(symbol) else None
        # Some typesetters take a letter beyond ASCII for a part of the name.
        follows = self._content[self._at : self._at + 1]
        if name not in _MACROS or not follows.isascii() or not self._has_room(name):
            return None
        if name in _UNBRACKETED and _BRACKET.match(self._content, self._at):
            return None
        return self._read_named(name, found[0])

    def _read_named(self, name: str, written: str) -> str | None:
        if name == "begin":
            return self._read_begin()
        if name == "end":
            found = self._take(_NAME)
            if found is None:
                return None
            closing = _RULES["unnumbered"].get(found[1], found[1])
            return self._pop(found[1], f"\\end{{{closing}}}")
        if name == "left":
            return self._push("left", written)
        if name == "right":
            return self._pop("left", written)
        if name in ("hspace", "mspace"):
            found = self._take(_SPACE)
            return written + found[0] if found and _is_short(found) else None
        if name in ("color", "textcolor"):
            found = self._take(_NAME)
            return written + found[0] if found and found[1] in _COLOURS else None
        if name in ("label", "ref", "eqref"):
            found = self._take(_LABEL)
            if found is None or name == "label":
                return found and ""
            return _to_text(found[1] if name == "ref" else f"({found[1]})")
        if name == "tag":
            found = self._take(_TAG)
            words = found and (found[2] if found[1] else f"({found[2]})")
            return None if words is None else r"\qquad" + _to_text(words)
        replacement: str = _RULES["replaced"].get(name, written)
        return replacement

    def _read_begin(self) -> str | None:
        found = self._take(_NAME)
        if found is None or found[1] not in _ENVIRONMENTS:
            return None
        name = found[1]
        written = f"\\begin{{{_RULES['unnumbered'].get(name, name)}}}"
        allowed = _RULES["columns"].get(name)
        if allowed is not None:
            columns = self._take(_COLUMNS)
            if columns is None or set(columns[1]) - set(allowed) - {" "}:
                return None
            written += columns[0]
        elif name in _ALIGNED and _BRACKET.match(self._content, self._at):
            aligned = self._take(_ALIGNMENT)
            if aligned is None:
                return None
            written += aligned[0]
        return self._push(name, written)

    def _read_line_end(self) -> str | None:
        self._counts["\\"] += 1
        if self._counts["\\"] > _LIMITS["rows"]:
            return None
        if _NO_SKIP.match(self._content, self._at):
            return r"\\"
        found = self._take(_SKIP)
        return r"\\" + found[0] if found and _is_short(found) else None

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._content, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _has_room(self, command: str) -> bool:
        self._counts[command] += 1
        limit: int = _RULES["limited"].get(command, self._commands)
        return self._counts[command] <= limit

    def _push(self, kind: str, written: str) -> str | None:
        self._open.append(kind)
        return written if len(self._open) <= _LIMITS["depth"] else None

    def _pop(self, kind: str, written: str) -> str | None:
        return written if self._open and self._open.pop() == kind else None


def _is_short(length: re.Match[str]) -> bool:
    limit: float = _RULES["lengths"].get(length[2], -1)
    return float(length[1]) <= limit


def _to_text(words: str) -> str:
    return r"\text{" + words.replace("_", r"\_") + "}"
