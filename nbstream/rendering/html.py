"""Build HTML and markdown in which untrusted text is escaped."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from html import escape

from ..text.invisible_characters import has_right_to_left
from .stray_commands import disarm_commands

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~!]")
# Text that hosts turn into links without markup.
_LINKED = re.compile(r"://|www\.|@", re.IGNORECASE)


def fence_code(text: str, language: str = "") -> str:
    """Return a code block with a fence longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def escape_markdown(text: str) -> str:
    """Return text as one line of markdown in which all markup is escaped."""
    line = disarm_commands(" ".join(text.split()))
    if _LINKED.search(line):
        # Hosts take a backslash for a part of the address.
        return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", line)
    return _MARKS.sub(r"\\\g<0>", line)


def render_html_table(
    header: Sequence[str],
    rows: list[list[str]],
    css_class: str,
    text_columns: Container[str],
) -> str:
    """Return an HTML table with everything escaped.

    Args:
        header: names of the columns.
        rows: cells of each row.
        css_class: the class of the table.
        text_columns: names of columns that are not numbers, which are aligned left.
    """
    # JupyterLab aligns all cells right, which suits only numbers.
    left = ' style="text-align:left"'
    styles = [left if name in text_columns else "" for name in header]

    def row(cells: Sequence[str], tag: str) -> str:
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
    """Return the `dir` attribute for an element with this text, which Arabic and Hebrew
    need; empty for other scripts."""
    return ' dir="auto"' if has_right_to_left(text) else ""


def render_markdown_table(header: Sequence[str], rows: list[list[str]]) -> str:
    """Return a table in GitHub-flavoured markdown."""
    lines = [
        [escape_markdown(c) or " " for c in header],
        ["---"] * len(header),
        *([escape_markdown(c) for c in r] for r in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def scroll_box(content: str, height: str = "24em") -> str:
    """Return HTML in a scrolling box. The default height is that of the live panel's
    boxes."""
    return f'<div style="max-height:{height};overflow:auto">{content}</div>'


def fold(css_class: str, summary: str, content: str) -> str:
    """Return HTML that is folded behind a summary, which is HTML too."""
    return (
        f'<details class="{css_class}" style="margin:8px 0"><summary>{summary}'
        '</summary><div style="margin:4px 0 4px 5px;padding-left:12px;'
        "max-height:24em;overflow:auto;"
        "border-left:2px solid rgba(128,128,128,0.4);white-space:pre-wrap;"
        f'overflow-wrap:anywhere">{content}</div></details>'
    )


def fold_code(css_class: str, summary: str, text: str) -> str:
    """Return monospaced text that is folded behind a summary, which is HTML."""
    # Not `pre`, in which JupyterLab breaks lines inside words.
    code = (
        '<code style="white-space:pre-wrap;padding:0;background:none;color:inherit">'
        f"{escape(text)}</code>"
    )
    return fold(css_class, summary, code)
