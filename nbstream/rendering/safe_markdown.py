"""Defuse streamed markdown for hosts that render it: nothing in it loads or runs.

The text is unchanged except for images, which become links, and for raw HTML and math
that is not allowed, which become text or code.
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

# An image, HTML or a link.
_SUSPECT = re.compile(r"!\[|<|\][(:]")
_INFO = re.compile(r"[^<>\"'&]*")
# The beginning of HTML, but not of an autolink such as `<https://…>`.
_TAG = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)(?=[A-Za-z/!?])")
_SPECIAL = re.compile(rf"{COMMAND.pattern}|\\.|!\[|\][(:]|[<$]|`+", re.DOTALL)
# Parts of math that a markdown parser without math takes for a link, an image, HTML or
# an escaped backslash. A space, which means nothing in math, prevents that.
_MISREAD = re.compile(r"[!\]](?=[\[(:])|<(?=[A-Za-z/!?])|\\\\(?=[A-Za-z])")
_TICKS = re.compile("`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
# Links with these schemes are kept, as in our HTML.
_LEADS = re.compile(r"\s*<?(?:https?://|mailto:)", re.IGNORECASE)

# Some hosts take a backslash after an address for a part of it, not for an escape.
_ESCAPED = {"\\<": "&lt;", "\\]": "&#93;"}


def defuse_markdown(text: str) -> str:
    """Return markdown in which nothing loads or runs."""
    source = normalise(text)
    if len(source) > MAX_TEXT:
        return _escape_everywhere(source)  # parsing it would block the event loop
    if _SUSPECT.search(source) or (
        may_hold_math(source) and _defuse_part(source) != source
    ):
        source = "\n".join(_defuse_parts(source))
        if _has_dangers(source):
            # Parsers differ in what they take for code.
            source = _escape_everywhere(source)
    return _close_fence(source)


def _escape_everywhere(source: str) -> str:
    """Escape everywhere, also in code, in which the escapes are then visible."""
    source = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", source).replace("![", "!\\[")
    return disarm_commands(re.sub(r"\]([(:])", r"]\\\1", source))


@cache
def _get_parser(html: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def _split_code(source: str, lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Yield the parts of the text, each with whether it is a code block."""
    at = 0
    for token in _get_parser(html=False).parse(source):
        if token.type in ("fence", "code_block") and token.map and token.level == 0:
            start, end = token.map
            if at < start:
                yield False, "\n".join(lines[at:start])
            # JupyterLab writes the info string of a fence into its HTML unescaped.
            first = lines[start]
            if token.type == "fence" and not _INFO.fullmatch(token.info):
                first = first[: first.index(token.markup)] + token.markup
            yield True, "\n".join([first, *lines[start + 1 : end]])
            at = end
    if at < len(lines):
        yield False, "\n".join(lines[at:])


def _defuse_parts(source: str) -> Iterator[str]:
    before = ""
    for code, part in _split_code(source, source.split("\n")):
        if code and may_hold_math(before.rpartition("\n\n")[2]):
            yield ""  # ends the paragraph: JupyterLab's math could continue in the code
        before = part if code else _defuse_part(part)
        yield before


def _defuse_part(text: str) -> str:
    made: list[str] = []
    at = 0
    # Once math may begin, some hosts execute commands anywhere in the text.
    in_math = may_hold_math(text)
    is_open = False  # whether math may have begun in this paragraph
    while found := _SPECIAL.search(text, at):
        made.append(text[at : found.start()])
        is_open = is_open and "\n\n" not in made[-1]
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
            # Not a backslash, which hosts could take for a part of an address.
            made.append("&lt;")
        elif math := math_at(text, found.start(), len(text)):
            at = math.end()
            made.append(_render_formula(math[0]))
            # The space keeps its closing bracket from closing a link.
            made.append(" " if math[0][-1] == "]" and text[at : at + 1] in "(:" else "")
        elif COMMAND.match(text, found.start()):
            made.append(disarm_command(mark) if in_math else mark)
            is_open = is_open or may_hold_math(mark)
        elif mark[0] == "`" and (end := _find_code_end(text, at, len(mark))):
            code = text[found.start() : end]
            # JupyterLab's math continues in code that begins inside it.
            made.append(COMMAND.sub(_disarm_match, code) if is_open else code)
            at = end
        else:
            made.append(mark)
            is_open = is_open or may_hold_math(mark + text[at : at + 1])
    return "".join((*made, text[at:]))


def _render_formula(math: str) -> str:
    """Return a formula that hosts may typeset; else its source as code."""
    formula = prepare_formula(math)
    if formula is not None and "`" not in formula:
        return _MISREAD.sub(r"\g<0> ", formula)
    # On one line, on which no other block can begin.
    words = " ".join(math.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence} {words} {fence}"


def _disarm_match(found: re.Match[str]) -> str:
    return disarm_command(found[0])


def _find_code_end(text: str, at: int, length: int) -> int:
    """Return the end of a code span whose opening ends at `at`; 0 if it has no end in
    its paragraph."""
    for found in _TICKS.finditer(text, at):
        if _BLANK_LINE.search(text, at, found.start()):
            return 0
        if len(found[0]) == length:
            return found.end()
        at = found.start()
    return 0


def _has_dangers(text: str) -> bool:
    return any(
        token.type in ("image", "html_inline", "html_block")
        or (token.type == "link_open" and not is_address(str(token.attrGet("href"))))
        for token in _walk(_get_parser(html=True).parse(text))
    )


def _walk(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _walk(token.children or [])


def _close_fence(source: str) -> str:
    """Return text with its last fence closed, so that what follows it is not code."""
    if "```" not in source and "~~~" not in source:
        return source
    tokens = _get_parser(html=False).parse(source)
    if not tokens or tokens[-1].type != "fence" or tokens[-1].map is None:
        return source
    lines = source.rstrip().split("\n")
    start, _ = tokens[-1].map
    marker = tokens[-1].markup
    last = lines[-1].strip()
    if len(lines) - 1 > start and last.startswith(marker) and not last.strip(marker[0]):
        return source
    return source.rstrip("\n") + "\n" + marker
