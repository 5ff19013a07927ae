"""Render streamed markdown as safe HTML with inline styles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from ..text.invisible_characters import escape_invisible_in_code, has_right_to_left
from .formulas import TYPESET, limit_formulas, prepare_formula
from .grammar import new_parser, normalise
from .highlighting import highlight_code, language_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_URL = re.compile(r"https?://", re.IGNORECASE)

# MathJax 2 and 3 typeset only the formulas that `TYPESET` marks: two dollar signs
# elsewhere are amounts.
_IGNORE = "mathjax_ignore tex2jax_ignore"
_BOX = (
    "margin:0 0 1em;padding:8px 12px;border-radius:3px;"
    "border:1px solid var(--jp-cell-editor-border-color,rgba(128,128,128,.4));"
    "background:var(--jp-cell-editor-background,rgba(128,128,128,.1))"
)
# A formula cannot break into lines, so one wider than the page scrolls in its place.
_WIDE = "overflow-x:auto;overflow-y:hidden"
# Compensates MathJax's margin around display math, which does not collapse here.
_DISPLAY = f"margin:-0.7em 0 0.3em;{_WIDE}"
# Code and tables scroll: JupyterLab would break their lines inside words.
_PRE = (
    "margin:0;padding:0;border:0;background:none;overflow-x:auto;overflow-y:hidden;"
    "white-space:pre-wrap;overflow-wrap:normal;word-break:normal"
)
_TABLE = "margin:0;overflow-wrap:normal;word-break:normal"
# A cell with a long word, such as an address, is limited in width and broken.
_LONG_WORD = re.compile(r"\S{30}")
_NARROW = "max-width:24em;overflow-wrap:break-word"


MAX_TEXT = 300_000
"""Characters of text that is parsed as markdown, which blocks the event loop for half a
second for each 100,000. Longer text is shown unchanged."""


def render_markdown(text: str) -> str:
    """Return markdown as HTML. Raw HTML and unsafe links in it become text."""
    source = normalise(text)
    if len(source) > MAX_TEXT:
        style = "white-space:pre-wrap;overflow-wrap:anywhere"
        words = escape(source)
        return f'<div class="nbstream-text {_IGNORE}" style="{style}">{words}</div>'
    body = limit_formulas(_get_parser().render(source))
    return (
        f'<div class="nbstream-text {_IGNORE}" style="overflow-wrap:anywhere">'
        f"{body}</div>"
    )


@cache
def _get_parser() -> MarkdownIt:
    parser = new_parser()
    parser.core.ruler.push("styles", _add_styles)
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


_PARAGRAPHS = {
    f"{name}_open"
    for name in (
        *("paragraph", "heading", "bullet_list", "ordered_list", "blockquote"),
        *("footnote", "th", "td"),
    )
}


def _add_styles(state: StateCore) -> None:
    """Add the inline styles and attributes: direction, alignment, scrolling."""
    tokens = state.tokens
    needs_dir = has_right_to_left(state.src)
    lists: list[Token] = []  # the open ones
    for i, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        if needs_dir and token.type in _PARAGRAPHS:
            token.attrSet("dir", "auto")
            if token.type in ("paragraph_open", "footnote_open"):
                # JupyterLab aligns paragraphs left.
                token.attrSet("style", "text-align:start")
        if token.type == "inline":
            children = token.children or []
            _escape_invisible_characters(children)
            if any(child.type == "inline_math" for child in children):
                # The whole list scrolls: an item that scrolls would hide its marker.
                _make_scrollable(lists[0] if lists else tokens[i - 1])
        elif token.type in ("th_open", "td_open"):
            # JupyterLab aligns table cells right.
            styles = str(token.attrGet("style") or "text-align:left")
            if token.type == "td_open" and _LONG_WORD.search(tokens[i + 1].content):
                styles = f"{styles};{_NARROW}"
            token.attrSet("style", styles)


def _make_scrollable(token: Token) -> None:
    styles = str(token.attrGet("style") or "")
    # A table is in a scrolling box already.
    if token.type not in ("th_open", "td_open") and _WIDE not in styles:
        token.attrSet("style", ";".join(filter(None, (styles, _WIDE))))


def _escape_invisible_characters(children: list[Token]) -> None:
    """Escape the invisible characters of code and addresses in place."""
    in_link = False
    for token in children:
        if token.type in ("link_open", "link_close"):
            in_link = token.type == "link_open"
        is_url = in_link and token.type == "text" and _URL.match(token.content)
        if token.type == "code_inline" or is_url:
            token.content = escape_invisible_in_code(token.content)


def _write_code(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    language = language_of(tokens[i].info)
    named = f' class="language-{escape(language)}"' if language else ""
    code = highlight_code(tokens[i].content, language)
    return (
        f'<div class="nbstream-code" style="{_BOX}"><pre style="{_PRE}">'
        f'<code{named} style="background:none">{code}</code></pre></div>\n'
    )


def _write_display_math(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    written = _write_math(tokens[i].content, "p")
    return f'<div style="{_DISPLAY}">{written}</div>\n'


def _write_inline_math(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return _write_math(tokens[i].content, "span")


def _write_math(math: str, tag: str) -> str:
    formula = prepare_formula(math)
    if formula is not None:
        return f"<{tag} {TYPESET}>{escape(formula)}</{tag}>"
    return f'<{tag}><code style="white-space:pre-wrap">{escape(math)}</code></{tag}>'


def _open_footnote(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    attributes = self.renderAttrs(tokens[i])
    return f"<p{attributes}><sup>{escape(tokens[i].info)}</sup> "


def _write_footnote_mark(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return f"<sup>{escape(tokens[i].content)}</sup>"


def _open_table(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return f'<div style="overflow-x:auto;margin:0 0 1em"><table style="{_TABLE}">\n'


def _close_table(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return "</table></div>\n"


_RULES = {
    "fence": _write_code,
    "code_block": _write_code,
    "display_math": _write_display_math,
    "inline_math": _write_inline_math,
    "footnote_open": _open_footnote,
    "footnote_mark": _write_footnote_mark,
    "table_open": _open_table,
    "table_close": _close_table,
}
