"""Streamed markdown as HTML that is safe to show and needs no style sheet.

The live panel's twin is `frontend/src/markdown/grammar.ts`: the same line breaks, links
and math, or freezing would change what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..text.visible import reads_right_to_left, visible_code
from .formulas import MAX_CHARACTERS, TYPESET, bound_formulas, prepare_formula
from .highlighting import coloured, language_of
from .html import is_address

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_URL = re.compile(r"https?://[^\s<>\"`]+", re.IGNORECASE)
_TASK = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
# Math without an end is looked for no further than a formula may be long, so that
# thousands of beginnings cost no more than their number.
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
_MATH_CLOSES = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}

# MathJax, of either generation, typesets the formulas that `TYPESET` marks and nothing
# else: elsewhere two dollars are an amount.
_IGNORE = "mathjax_ignore tex2jax_ignore"
_BOX = (
    "margin:0 0 1em;padding:8px 12px;border-radius:3px;"
    "border:1px solid var(--jp-cell-editor-border-color,rgba(128,128,128,.4));"
    "background:var(--jp-cell-editor-background,rgba(128,128,128,.1))"
)
# A formula has one line: what is wider than the page is scrolled to, where it stands.
_WIDE = "overflow-x:auto;overflow-y:hidden"
# MathJax puts a margin around display math, which no longer joins those around it.
_DISPLAY = f"margin:-0.7em 0 0.3em;{_WIDE}"
_PRE = (
    "margin:0;padding:0;border:0;background:none;white-space:pre-wrap;"
    "overflow-wrap:anywhere"
)


# Half a second of the kernel's time for each 100,000 characters, and the kernel's loop
# waits for it: longer text freezes as it was written.
MAX_TEXT = 300_000
"""Characters; longer text is not read as markdown."""


def html_of(text: str) -> str:
    """Markdown as HTML, everything hostile in it made text."""
    if len(text) > MAX_TEXT:
        style = "white-space:pre-wrap;overflow-wrap:anywhere"
        words = escape(text)
        return f'<div class="nbstream-text {_IGNORE}" style="{style}">{words}</div>'
    # As the page reads them: a carriage return alone is no new line.
    source = text.replace("\r\n", "\n").replace("\r", " ")
    body = bound_formulas(_parser().render(source))
    return (
        f'<div class="nbstream-text {_IGNORE}" style="overflow-wrap:anywhere">'
        f"{body}</div>"
    )


@cache
def _parser() -> MarkdownIt:
    # Only when the first text freezes: importing the package needs none of it.
    from markdown_it import MarkdownIt

    # Streams are often plain lines; markdown alone would run them together.
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    made.enable(["table", "strikethrough"])
    # Whether a link is safe is decided in `_inlines`, which keeps the words of others.
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    alternatives: RuleOptionsType = {
        "alt": ["paragraph", "reference", "blockquote", "list"]
    }
    made.block.ruler.before("fence", "math", _display_math, alternatives)
    made.inline.ruler.before("escape", "math", _inline_math)
    made.core.ruler.push("nbstream", _rewrite)
    for name, rule in _RULES.items():
        made.add_render_rule(name, rule)
    return made


def _display_math(
    state: StateBlock, start_line: int, end_line: int, silent: bool
) -> bool:
    if state.is_code_block(start_line):
        return False
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("$$", "\\["), start):
        return False
    close = _MATH_CLOSES[state.src[start : start + 2]]
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


def _inline_math(state: StateInline, silent: bool) -> bool:
    found = math_at(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("inline_math", "span", 0).content = found[0]
    state.pos = found.end()
    return True


_PARAGRAPHS = {
    f"{name}_open"
    for name in ("paragraph", "heading", "bullet_list", "ordered_list", "blockquote")
} | {"th_open", "td_open"}


def math_at(text: str, start: int, end: int) -> re.Match[str] | None:
    """Find a formula that begins here, with its delimiters."""
    if text[start] not in "$\\":
        return None
    until = min(end, start + MAX_CHARACTERS)
    close = _MATH_CLOSES.get(text[start : start + 2])
    if close is not None and text.find(close, start + 2, until) < 0:
        return None
    return _MATH.match(text, start, until)


def _rewrite(state: StateCore) -> None:
    tokens = state.tokens
    # Arabic and Hebrew read from the right, whatever the page does.
    directed = reads_right_to_left(state.src)
    lists: list[Token] = []  # that are open here
    for i, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        if directed and token.type in _PARAGRAPHS:
            token.attrSet("dir", "auto")
            if token.type == "paragraph_open":
                # JupyterLab sets paragraphs to the left.
                token.attrSet("style", "text-align:start")
        if token.type == "inline":
            token.children = _inlines(token.children or [])
            if any(child.type == "inline_math" for child in token.children):
                # An item that scrolls would hide its own mark, which is outside of it.
                _let_scroll(lists[0] if lists else tokens[i - 1])
            if i > 1 and tokens[i - 2].type == "list_item_open":
                _tick(token.children)
        elif token.type in ("th_open", "td_open"):
            # JupyterLab sets tables to the right, for numbers.
            token.attrSet("style", str(token.attrGet("style") or "text-align:left"))


def _let_scroll(token: Token) -> None:
    styles = str(token.attrGet("style") or "")
    # Tables are in a box that scrolls.
    if token.type not in ("th_open", "td_open") and _WIDE not in styles:
        token.attrSet("style", ";".join(filter(None, (styles, _WIDE))))


def _tick(children: list[Token]) -> None:
    if children and (box := _TASK.get(children[0].content[:4])):
        children[0].content = box + children[0].content[4:]


def _inlines(children: list[Token]) -> list[Token]:
    """Links that are safe, images as links, and bare addresses as links."""
    made: list[Token] = []
    kept: list[bool] = []  # of the links that are open here
    for token in children:
        if token.type == "link_open":
            kept.append(is_address(str(token.attrGet("href"))))
            if kept[-1]:
                made.append(_secured(token))
        elif token.type == "link_close":
            if kept.pop():
                made.append(token)
        elif token.type == "image":
            made += _image(token, inside=any(kept))
        elif token.type == "text" and not kept:
            made += _linked(token)
        elif token.type == "code_inline":
            token.content = visible_code(token.content)
            made.append(token)
        else:
            made.append(token)
    return made


def _secured(link: Token) -> Token:
    link.attrSet("target", "_blank")
    link.attrSet("rel", "noopener noreferrer")
    return link


def _image(image: Token, inside: bool) -> list[Token]:
    """Never the image itself: who put it there would learn who reads."""
    href = str(image.attrGet("src"))
    host = f"({_host(href)})" if is_address(href) else ""
    words = " ".join(filter(None, ["image:", image.content, host]))
    return [_text(words)] if inside or not host else _link(href, words)


def _host(href: str) -> str:
    return urlsplit(href).netloc.rpartition("@")[2]


def _linked(token: Token) -> list[Token]:
    if "://" not in token.content:
        return [token]
    made: list[Token] = []
    at = 0
    for found in _URL.finditer(token.content):
        url = _trimmed(found[0])
        if not is_address(url):
            continue
        made += [
            _text(token.content[at : found.start()]),
            *_link(url, visible_code(url)),
        ]
        at = found.start() + len(url)
    return [*made, _text(token.content[at:])]


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it."""
    while url[-1] in "?!.,;*_~'|]}" or (
        url[-1] == ")" and url.count("(") < url.count(")")
    ):
        url = url[:-1]
    return url


def _text(words: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=words)


def _link(href: str, words: str) -> list[Token]:
    from markdown_it.token import Token

    link = Token("link_open", "a", 1, attrs={"href": href})
    return [_secured(link), _text(words), Token("link_close", "a", -1)]


# -- what is written otherwise than by the library -----------------------------------


def _write_code(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    language = language_of(tokens[i].info)
    named = f' class="language-{escape(language)}"' if language else ""
    code = coloured(tokens[i].content, language)
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


def _open_table(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return '<div style="overflow-x:auto;margin:0 0 1em"><table style="margin:0">\n'


def _close_table(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    return "</table></div>\n"


_RULES = {
    "fence": _write_code,
    "code_block": _write_code,
    "display_math": _write_display_math,
    "inline_math": _write_inline_math,
    "table_open": _open_table,
    "table_close": _close_table,
}
