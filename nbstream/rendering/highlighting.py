"""Highlight code with inline styles, for output without a style sheet.

The colours are those of the notebook's editor if it defines them, mixed with the colour
of the surrounding text, so that they are readable in light and dark themes. The twin is
`frontend/src/markdown/code.ts`, with `blocks/text.css`.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

from ..text.invisible_characters import escape_invisible_in_code, has_right_to_left

# Only the languages that the live panel highlights: freezing must not change colours,
# and each lexer is many regular expressions that hostile text could exploit.
_LEXERS = {
    name: lexer
    for lexer, names in {
        "bash": "bash sh zsh",
        "cpp": "cpp c h cc c++ h++ hpp hh hxx cxx",
        "diff": "diff patch",
        "docker": "dockerfile docker",
        "go": "go golang",
        "ini": "ini",
        "toml": "toml",
        "java": "java jsp",
        "javascript": "javascript js jsx mjs cjs",
        "json": "json jsonc json5",
        "julia": "julia jl",
        "python": "python py gyp ipython ipython3",
        "pycon": "python-repl pycon",
        "r": "r",
        "rust": "rust rs",
        "console": "shell console shellsession",
        "sql": "sql",
        "typescript": "typescript ts tsx mts cts",
        "html": "xml html xhtml rss atom xjb xsd xsl plist wsf svg",
        "yaml": "yaml yml",
    }.items()
    for name in names.split()
}
_MAX_CODE = 100_000

_HUES = {
    "keyword": "#1b7f1b",
    "builtin": "#1b7f1b",
    "def": "#2563eb",
    "string": "#c2332d",
    "string-2": "#9333a8",
    "number": "#178545",
    "atom": "#6366f1",
    "operator": "#8b3fd1",
    "meta": "#9a3fe0",
    "attribute": "#2563eb",
}
_COMMENT = "color-mix(in srgb,currentColor 68%,transparent)"

# The longest matching prefix of a token's type decides.
_ROLES = {
    "Comment": "comment",
    "Comment.Preproc": "meta",
    "Keyword": "keyword",
    "Keyword.Constant": "atom",
    "Keyword.Type": "builtin",
    "Name.Builtin": "builtin",
    "Name.Exception": "builtin",
    "Name.Function": "def",
    "Name.Class": "def",
    "Name.Decorator": "meta",
    "Name.Tag": "attribute",
    "Name.Attribute": "attribute",
    "Literal.String": "string",
    "Literal.String.Escape": "string-2",
    "Literal.String.Interpol": "",
    "Literal.Number": "number",
    "Operator.Word": "keyword",
    "Generic.Prompt": "meta",
    "Generic.Heading": "meta",
    "Generic.Subheading": "meta",
    "Generic.Inserted": "number",
    "Generic.Deleted": "string",
}


def language_of(info: str) -> str:
    """Return the language of a fence: its first word, if that can be a CSS class."""
    name = re.split(r"[\s{,:]", info.strip(), maxsplit=1)[0].lower()
    return name if re.fullmatch(r"[\w+#.-]{1,30}", name, re.ASCII) else ""


def highlight_code(code: str, language: str) -> str:
    """Return code as HTML, with colours if its language is known."""
    code = escape_invisible_in_code(code)
    lexer = _LEXERS.get(language)
    if lexer is None or len(code) > _MAX_CODE:
        return escape(code)
    from pygments.lexers import get_lexer_by_name

    tokens = get_lexer_by_name(lexer, ensurenl=False, stripnl=False).get_tokens(code)
    parts: list[str] = []
    last, run = "", ""
    for kind, text in tokens:
        style = _style_of(str(kind))
        if style != last and run:
            parts.append(_render_span(last, run))
            run = ""
        last = style
        run += text
    parts.append(_render_span(last, run))
    return "".join(parts)


def _render_span(style: str, text: str) -> str:
    safe = escape(text)
    if has_right_to_left(text):
        safe = f"<bdi>{safe}</bdi>"  # does not reorder the code around it
    return f'<span style="color:{style}">{safe}</span>' if style else safe


@cache
def _style_of(kind: str) -> str:
    name = kind.removeprefix("Token.")
    while name and name not in _ROLES:
        name = name.rpartition(".")[0]
    role = _ROLES.get(name, "")
    if role == "comment":
        return _COMMENT
    if not role:
        return ""
    hue = f"var(--jp-mirror-editor-{role}-color,{_HUES[role]})"
    return f"color-mix(in srgb,{hue} 65%,currentColor)"
