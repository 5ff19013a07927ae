"""Streamed markdown for hosts that render markdown themselves: nothing loads by itself.

The text stays as it was written but for images, which become links to them, and for raw
HTML and commands of math that are more than a formula, which are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from .markdown import MAX_TEXT, UNSAFE_MATH

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# `<` where HTML may begin, but not the address of an `<https://…>`.
_TAG = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)(?=[A-Za-z/!?])")
_SPECIAL = re.compile(rf"{UNSAFE_MATH.pattern}|\\.|!\[|<|`+", re.DOTALL)


def defused(text: str) -> str:
    """The text as markdown in which nothing loads or runs."""
    source = text.replace("\r\n", "\n").replace("\r", " ")
    if len(source) > MAX_TEXT:
        return _without_any(source)  # parsing it would take the kernel's time
    if "![" in source or "<" in source or UNSAFE_MATH.search(source):
        lines = source.split("\n")
        parts = [
            part if code else _without_dangers(part)
            for code, part in _parts(source, lines)
        ]
        source = "\n".join(parts)
        if _is_dangerous(source):
            # What is code to one reader of markdown is not to another.
            source = _without_any(source)
    return _closed(source)


def _without_any(source: str) -> str:
    """As if there were no code, which then shows what escapes it."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", source).replace("![", "!\\[")


@cache
def _parser(html: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])


def _parts(source: str, lines: list[str]) -> Iterator[tuple[bool, str]]:
    """The text in turns: what is code by its lines, and what is not."""
    at = 0
    for token in _parser(html=False).parse(source):
        if token.type in ("fence", "code_block") and token.map and token.level == 0:
            start, end = token.map
            if at < start:
                yield False, "\n".join(lines[at:start])
            yield True, "\n".join(lines[start:end])
            at = end
    if at < len(lines):
        yield False, "\n".join(lines[at:])


def _without_dangers(text: str) -> str:
    made: list[str] = []
    at = 0
    while found := _SPECIAL.search(text, at):
        made.append(text[at : found.start()])
        mark = found[0]
        at = found.end()
        if mark == "![":
            made.append("[image: ")
        elif mark == "<" and _TAG.match(text, found.start()):
            made.append("\\<")
        elif UNSAFE_MATH.match(mark):
            made.append("\\" + mark)  # the same in words; in math a new line
        elif mark[0] == "`" and (end := _end_of_code(text, at, len(mark))):
            made.append(text[found.start() : end])
            at = end
        else:
            made.append(mark)
    return "".join((*made, text[at:]))


def _end_of_code(text: str, at: int, length: int) -> int:
    """Where a code span ends that began before `at`; 0 if it does not, in its
    paragraph."""
    paragraph = re.compile(r"\n[ \t]*\n").search(text, at)
    until = paragraph.start() if paragraph else len(text)
    for found in re.compile(r"`+").finditer(text, at, until):
        if len(found[0]) == length:
            return found.end()
    return 0


def _is_dangerous(text: str) -> bool:
    return any(
        token.type in ("image", "html_inline", "html_block")
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
