"""Parse the HTML that models write in markdown, as in tables: `<br>`, `<sub>` and
`<sup>` without attributes. All other HTML is text.

The twin is `frontend/src/markdown/rules/tags.ts`; `tests/cases/markdown.json`
holds both to the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

# With a line break after it, it is still one break.
_BREAK = re.compile(r"<br[ \t]*/?>[ \t]*\n?", re.IGNORECASE)
_RAISED = re.compile(r"<(sub|sup)>([\s\S]{1,200}?)</\1>", re.IGNORECASE)
_MAX_TAG = 220
"""Characters that are searched for a tag with its content."""


def add_tags(parser: MarkdownIt) -> None:
    """Add these tags to a parser."""
    parser.inline.ruler.before("autolink", "tags", _read_tag)


def _read_tag(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "<":
        return False
    end = min(start + _MAX_TAG, state.posMax)
    if found := _BREAK.match(state.src, start, end):
        if not silent:
            state.push("hardbreak", "br", 0)
    elif found := _RAISED.match(state.src, start, end):
        if not silent:
            _read_inside(state, found)
    else:
        return False
    state.pos = found.end()
    return True


def _read_inside(state: StateInline, found: re.Match[str]) -> None:
    name = found[1].lower()
    end = state.posMax
    state.pos, state.posMax = found.span(2)
    state.push(f"{name}_open", name, 1)
    state.md.inline.tokenize(state)
    state.push(f"{name}_close", name, -1)
    state.posMax = end
