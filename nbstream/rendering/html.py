"""Pieces of markdown that cannot be broken out of."""

from __future__ import annotations

import re
from collections.abc import Container
from html import escape

from ..text.invisible_characters import has_right_to_left
from .stray_commands import disarm_commands

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~!]")
# What hosts make a link of by itself.
_LINKED = re.compile(r"://|www\.|@", re.IGNORECASE)


def fence_code(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def escape_markdown(text: str) -> str:
    """Text as one line of markdown that reads as it is written."""
    line = disarm_commands(" ".join(text.split()))
    if _LINKED.search(line):
        # A backslash would be taken for part of the address, and escape nothing.
        return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", line)
    return _MARKS.sub(r"\\\g<0>", line)


def render_html_table(
    header: list[str], rows: list[list[str]], css_class: str, words: Container[str]
) -> str:
    """A table, everything in it escaped; `words` are the columns that are read as
    text, the others are numbers."""
    # JupyterLab sets all to the right, which is for numbers only.
    styles = [' style="text-align:left"' if name in words else "" for name in header]

    def row(cells: list[str], tag: str) -> str:
        styled = zip(cells, styles, strict=True)
        return (
            "<tr>"
            + "".join(
                f"<{tag}{dir_attribute(c)}{s}>{escape(c)}</{tag}>" for c, s in styled
            )
            + "</tr>"
        )

    return (
        f'<table class="{css_class}"><thead>{row(header, "th")}</thead><tbody>'
        + "".join(row(cells, "td") for cells in rows)
        + "</tbody></table>"
    )


def dir_attribute(text: str) -> str:
    """The attribute of an element with this text that makes Arabic and Hebrew read from
    the right; empty for others."""
    return ' dir="auto"' if has_right_to_left(text) else ""


def render_markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """A table in GitHub's markdown."""
    lines = [
        header,
        ["---"] * len(header),
        *([escape_markdown(c) for c in r] for r in rows),
    ]
    lines[0] = [escape_markdown(c) or " " for c in header]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def scroll_box(content: str, height: str = "24em") -> str:
    """HTML in a box of a bounded height, which scrolls what is more; 24em is that of
    the live panel's boxes."""
    return f'<div style="max-height:{height};overflow:auto">{content}</div>'


def fold(css_class: str, summary: str, content: str) -> str:
    """HTML behind a summary; both are HTML already."""
    return (
        f'<details class="{css_class}" style="margin:8px 0"><summary>{summary}'
        '</summary><div style="margin:4px 0 4px 5px;padding-left:12px;'
        "max-height:24em;overflow:auto;"
        "border-left:2px solid rgba(128,128,128,0.4);white-space:pre-wrap;"
        f'overflow-wrap:anywhere">{content}</div></details>'
    )


def fold_code(css_class: str, summary: str, text: str) -> str:
    """Text in a fixed pitch behind a summary, which is HTML already."""
    # JupyterLab breaks the words of a `pre` anywhere; a `code` in a `div` it does not.
    code = (
        '<code style="white-space:pre-wrap;padding:0;background:none;color:inherit">'
        f"{escape(text)}</code>"
    )
    return fold(css_class, summary, code)
