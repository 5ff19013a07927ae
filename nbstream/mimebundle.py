"""Content as ordinary output by mime type: markdown, html and text, with no widget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .blocks import AT_THE_FOOT, Block
from .blocks.markup import words
from .rendering.formulas import bound_formulas

# JupyterLab typesets mathematics in all HTML, where a price in dollars is none.
NO_MATH = "mathjax_ignore tex2jax_ignore"
"""The classes of what the page's typesetter leaves alone."""

# Piled-up accents could be drawn far outside of it, over the rest of the page.
_OUTER = f'class="nbstream-snapshot {NO_MATH}" style="overflow:clip"'
_GRID = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
# As wide as a line of text can be read, and no narrower: then they stack.
_COLUMN = "flex:1 1 320px;min-width:0"

MimeBundle = dict[str, str]
"""Content by mime type: `text/plain`, `text/markdown` and `text/html`."""


def mimebundle_of(blocks: Iterable[Block], note: str = "") -> MimeBundle:
    """Return blocks as ordinary output, the same for the same content.

    Args:
        blocks: what to show, in the order in which they began.
        note: a line at the end; empty if there is nothing to add.
    """
    parts = sorted(blocks, key=_place)
    plain = [part.plain() for part in parts]
    markdown = [part.markdown() for part in parts]
    html = [part.html() for part in parts]
    if note:
        plain.append(f"[{note}]")
        markdown.append(f"*{note}*")
        html.append(f'<p class="nbstream-note"><em>{escape(note)}</em></p>')
    body = bound_formulas("\n".join(filter(None, html)))
    return {
        "text/plain": "\n".join(filter(None, plain)),
        "text/markdown": "\n\n".join(filter(None, markdown)),
        "text/html": f"<div {_OUTER}>\n{body}\n</div>",
    }


def side_by_side(named: Sequence[tuple[str, MimeBundle]]) -> MimeBundle:
    """Return several contents beside each other, each under its name."""
    html = [
        f'<div style="{_COLUMN}"><p><strong>{escape(name)}</strong></p>\n'
        f"{data['text/html']}\n</div>"
        for name, data in named
    ]
    return {
        "text/plain": "\n\n".join(f"{name}\n{d['text/plain']}" for name, d in named),
        "text/markdown": "\n\n---\n\n".join(
            f"**{words(name)}**\n\n{data['text/markdown']}" for name, data in named
        ),
        "text/html": f'<div class="{NO_MATH}" style="{_GRID}">\n'
        f"{bound_formulas(''.join(html))}\n</div>",
    }


def _place(block: Block) -> int:
    """Where to show it: in the order in which they began, but for those at the foot."""
    foot = AT_THE_FOOT
    return foot.index(type(block)) if isinstance(block, foot) else -1
