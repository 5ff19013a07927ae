"""Parse math: display math as blocks, inline math in text.

The twin is `frontend/src/markdown/rules/math.ts`; `tests/cases/markdown.json`
holds both to the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..formulas import MAX_CHARACTERS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

# The search for an end is limited to the length of a formula, so that thousands of
# beginnings without an end cost linear time.
_MANY = f"{{1,{MAX_CHARACTERS}}}"
_DISPLAY_MATH = re.compile(
    rf" {{0,3}}(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[\s\S]){_MANY}\$\$"
    rf"|\\\[(?:(?!\\\]|\n[ \t]*\n)[\s\S]){_MANY}\\\])[ \t]*(?:\n|$)"
)
_MATH = re.compile(
    rf"\$\$(?:\\[\s\S]|[^\\$]){_MANY}\$\$"
    rf"|\$(?![\s$])(?:\\.|[^\\$\n]){_MANY}(?<!\s)\$(?!\d)"
    rf"|\\\((?:(?!\\\))[\s\S]){_MANY}\\\)|\\\[(?:(?!\\\])[\s\S]){_MANY}\\\]"
)
_CLOSES = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}


def add_math(parser: MarkdownIt) -> None:
    """Add both kinds of math to a parser."""
    alternatives: RuleOptionsType = {
        "alt": ["paragraph", "reference", "blockquote", "list"]
    }
    parser.block.ruler.before("fence", "math", _read_display_math, alternatives)
    parser.inline.ruler.before("escape", "math", _read_inline_math)


def math_at(text: str, start: int, end: int) -> re.Match[str] | None:
    """Find the formula that begins at `start`, with its delimiters."""
    if text[start] not in "$\\":
        return None
    until = min(end, start + MAX_CHARACTERS)
    close = _CLOSES.get(text[start : start + 2])
    if close is not None and text.find(close, start + 2, until) < 0:
        return None
    return _MATH.match(text, start, until)


def _read_display_math(
    state: StateBlock, start_line: int, end_line: int, silent: bool
) -> bool:
    if state.is_code_block(start_line):
        return False
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("$$", "\\["), start):
        return False
    close = _CLOSES[state.src[start : start + 2]]
    end = state.src.find(close, start + 2, start + MAX_CHARACTERS)
    if end < 0:
        return False
    last = start_line + 1
    while last < end_line and state.eMarks[last - 1] < end:
        last += 1
    lines = state.getLines(start_line, last, state.blkIndent, False)
    found = _DISPLAY_MATH.match(lines)
    if found is None:
        return False
    if not silent:
        token = state.push("display_math", "p", 0)
        token.content = found[0].strip()
        state.line = start_line + found[0].rstrip().count("\n") + 1
        token.map = [start_line, state.line]
    return True


def _read_inline_math(state: StateInline, silent: bool) -> bool:
    found = math_at(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("inline_math", "span", 0).content = found[0]
    state.pos = found.end()
    return True
