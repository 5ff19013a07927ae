"""Parse footnotes: `[^1]` becomes a superscript if the text has a `[^1]: note`, and the
note stays in its place.

The twin is `frontend/src/markdown/rules/footnotes.ts`; `tests/cases/markdown.json`
holds both to the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_NOTE = re.compile(r"\[(\^[^\s[\]]{1,60})\]:[ \t]*")
_MARK = re.compile(r"\[(\^[^\s[\]]{1,60})\]")
_MAX_LABEL = 80
"""Characters that are searched for a label with its brackets."""


def add_footnotes(parser: MarkdownIt) -> None:
    """Add footnotes to a parser."""
    parser.block.ruler.before(
        "reference", "footnote", _read_note, {"alt": ["paragraph", "reference"]}
    )
    parser.inline.ruler.before("link", "footnote_mark", _read_mark)


def _read_note(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read a note as a paragraph, and add its label to the link references."""
    from markdown_it.common.utils import normalizeReference

    if state.is_code_block(start_line):
        return False
    start = state.bMarks[start_line] + state.tShift[start_line]
    end = min(start + _MAX_LABEL, state.eMarks[start_line])
    found = _NOTE.match(state.src, start, end)
    if found is None:
        return False
    if silent:
        return True
    last = _end_of_paragraph(state, start_line, end_line)
    note = state.push("footnote_open", "p", 1)
    note.info = found[1][1:]
    note.map = [start_line, last]
    words = state.push("inline", "", 0)
    lines = state.getLines(start_line, last, state.blkIndent, False).strip()
    words.content = lines[len(found[0]) :].strip()
    words.map = [start_line, last]
    words.children = []
    state.push("footnote_close", "p", -1)
    state.line = last
    labels = state.env.setdefault("references", {})
    labels.setdefault(
        normalizeReference(found[1]),
        {"href": "", "title": "", "map": [start_line, last]},
    )
    return True


def _end_of_paragraph(state: StateBlock, start_line: int, end_line: int) -> int:
    """Return the line after a paragraph, which some blocks end without a blank line."""
    rules = state.md.block.ruler.getRules("paragraph")
    parent, state.parentType = state.parentType, "paragraph"
    line = start_line + 1
    while line < end_line and not state.isEmpty(line):
        may_end = not state.is_code_block(line) and state.sCount[line] >= 0
        if may_end and any(rule(state, line, end_line, True) for rule in rules):
            break
        line += 1
    state.parentType = parent
    return line


def _read_mark(state: StateInline, silent: bool) -> bool:
    from markdown_it.common.utils import normalizeReference

    end = min(state.pos + _MAX_LABEL, state.posMax)
    found = _MARK.match(state.src, state.pos, end)
    labels = state.env.get("references", {})
    if found is None or normalizeReference(found[1]) not in labels:
        return False
    if not silent:
        state.push("footnote_mark", "sup", 0).content = found[1][1:]
    state.pos = found.end()
    return True
