"""Streamed markdown for hosts that render markdown themselves: nothing loads by itself.

The text stays as it was written but for images, which become links to them, and for raw
HTML and for math that is more than a formula, which become words or code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from .formulas import prepare_formula
from .grammar import normalise
from .markdown import MAX_TEXT
from .rules.links import is_address
from .rules.math import math_at
from .stray_commands import COMMAND, disarm_command, disarm_commands, may_hold_math

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# `<` where HTML may begin, but not the address of an `<https://…>`.
_SUSPECT = re.compile(r"!\[|<|\][(:]")
_INFO = re.compile(r"[^<>\"'&]*")
_TAG = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)(?=[A-Za-z/!?])")
_SPECIAL = re.compile(rf"{COMMAND.pattern}|\\.|!\[|\][(:]|[<$]|`+", re.DOTALL)
# What a reader of markdown who knows no math takes for a link, an image or HTML. In
# math a space means nothing. Two backslashes are one to it, and begin a command.
_MISREAD = re.compile(r"[!\]](?=[\[(:])|<(?=[A-Za-z/!?])|\\\\(?=[A-Za-z])")
_TICKS = re.compile("`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
# A link that a page may have: as in our HTML, where others are words.
_LEADS = re.compile(r"\s*<?(?:https?://|mailto:)", re.IGNORECASE)

# A backslash that follows an address is part of it to some hosts, and escapes nothing.
_ESCAPED = {"\\<": "&lt;", "\\]": "&#93;"}


def defuse_markdown(text: str) -> str:
    """The text as markdown in which nothing loads or runs."""
    source = normalise(text)
    if len(source) > MAX_TEXT:
        return _without_any(source)  # parsing it would take the kernel's time
    if _SUSPECT.search(source) or (
        may_hold_math(source) and _without_dangers(source) != source
    ):
        source = "\n".join(_without_dangers_in_parts(source))
        if _is_dangerous(source):
            # What is code to one reader of markdown is not to another.
            source = _without_any(source)
    return _closed(source)


def _without_any(source: str) -> str:
    """As if there were no code, which then shows what escapes it."""
    source = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", source).replace("![", "!\\[")
    return disarm_commands(re.sub(r"\]([(:])", r"]\\\1", source))


@cache
def _parser(html: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def _parts(source: str, lines: list[str]) -> Iterator[tuple[bool, str]]:
    """The text in turns: what is code by its lines, and what is not."""
    at = 0
    for token in _parser(html=False).parse(source):
        if token.type in ("fence", "code_block") and token.map and token.level == 0:
            start, end = token.map
            if at < start:
                yield False, "\n".join(lines[at:start])
            # JupyterLab writes the words after a fence into its HTML as they are.
            first = lines[start]
            if token.type == "fence" and not _INFO.fullmatch(token.info):
                first = first[: first.index(token.markup)] + token.markup
            yield True, "\n".join([first, *lines[start + 1 : end]])
            at = end
    if at < len(lines):
        yield False, "\n".join(lines[at:])


def _without_dangers_in_parts(source: str) -> Iterator[str]:
    before = ""
    for code, part in _parts(source, source.split("\n")):
        if code and may_hold_math(before.rpartition("\n\n")[2]):
            yield ""  # or JupyterLab's math could go on in the code
        before = part if code else _without_dangers(part)
        yield before


def _without_dangers(text: str) -> str:
    made: list[str] = []
    at = 0
    # Some hosts see a command in any text that has what begins math.
    in_math = may_hold_math(text)
    begun = False  # whether such math may have begun in this paragraph
    while found := _SPECIAL.search(text, at):
        made.append(text[at : found.start()])
        begun = begun and "\n\n" not in made[-1]
        mark = found[0]
        at = found.end()
        if mark == "![":
            made.append("[image: ")
        elif mark[0] == "]":
            safe = _LEADS.match(text, at)
            made.append(mark if safe else f"]\\{mark[1]}")
        elif mark in _ESCAPED and (mark == "\\<" or text[at : at + 1] in ("(", ":")):
            made.append(_ESCAPED[mark])
        elif mark == "<" and _TAG.match(text, found.start()):
            # Not with a backslash: that could be the end of an address before it.
            made.append("&lt;")
        elif math := math_at(text, found.start(), len(text)):
            at = math.end()
            made.append(_formula(math[0]))
            # A bracket that closes it is to close no link.
            made.append(" " if math[0][-1] == "]" and text[at : at + 1] in "(:" else "")
        elif COMMAND.match(text, found.start()):
            made.append(disarm_command(mark) if in_math else mark)
            begun = begun or may_hold_math(mark)
        elif mark[0] == "`" and (end := _end_of_code(text, at, len(mark))):
            code = text[found.start() : end]
            # JupyterLab's math goes on in code that begins in it.
            made.append(COMMAND.sub(_disarm, code) if begun else code)
            at = end
        else:
            made.append(mark)
            begun = begun or may_hold_math(mark + text[at : at + 1])
    return "".join((*made, text[at:]))


def _formula(math: str) -> str:
    """A formula that hosts may typeset, or code."""
    formula = prepare_formula(math)
    if formula is not None and "`" not in formula:
        return _MISREAD.sub(r"\g<0> ", formula)
    # In one line, and with no mark that would begin something else there.
    words = " ".join(math.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence} {words} {fence}"


def _disarm(found: re.Match[str]) -> str:
    return disarm_command(found[0])


def _end_of_code(text: str, at: int, length: int) -> int:
    """Where a code span ends that began before `at`; 0 if it does not, in its
    paragraph."""
    for found in _TICKS.finditer(text, at):
        if _BLANK_LINE.search(text, at, found.start()):
            return 0
        if len(found[0]) == length:
            return found.end()
        at = found.start()
    return 0


def _is_dangerous(text: str) -> bool:
    return any(
        token.type in ("image", "html_inline", "html_block")
        or (token.type == "link_open" and not is_address(str(token.attrGet("href"))))
        for token in _all(_parser(html=True).parse(text))
    )


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])


def _closed(source: str) -> str:
    """With its last fence closed: what follows the text is not code."""
    if "```" not in source and "~~~" not in source:
        return source
    tokens = _parser(html=False).parse(source)
    if not tokens or tokens[-1].type != "fence" or tokens[-1].map is None:
        return source
    lines = source.rstrip().split("\n")
    start, _ = tokens[-1].map
    marker = tokens[-1].markup
    last = lines[-1].strip()
    if len(lines) - 1 > start and last.startswith(marker) and not last.strip(marker[0]):
        return source
    return source.rstrip("\n") + "\n" + marker
