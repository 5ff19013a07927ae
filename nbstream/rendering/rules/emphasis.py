"""Parse emphasis next to Chinese, Japanese and Korean characters, which have no spaces
around them: CommonMark alone does not emphasise `含**「重点」**内容`.

The twin is `frontend/src/markdown/rules/emphasis.ts`; `tests/cases/markdown.json` holds
both to the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fff\u3001-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffee\U00020000-\U0003fffd]"
)
_STAR = "*"


def add_cjk_emphasis(parser: MarkdownIt) -> None:
    """Add emphasis next to such characters to a parser."""
    parser.inline.ruler.before("emphasis", "cjk_emphasis", _read_stars)


def _read_stars(state: StateInline, silent: bool) -> bool:
    from markdown_it.rules_inline.state_inline import Delimiter

    start = state.pos
    if silent or state.src[start] != _STAR:
        return False
    scanned = state.scanDelims(start, True)
    following = start + scanned.length
    before = state.src[start - 1] if start else ""
    after = state.src[following] if following < state.posMax else ""
    if not _CJK.match(before) and not _CJK.match(after):
        return False
    for _ in range(scanned.length):
        state.push("text", "", 0).content = _STAR
        state.delimiters.append(
            Delimiter(
                marker=ord(_STAR),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=after.strip() != "",
                close=before.strip() != "",
            )
        )
    state.pos = following
    return True
