"""Content as ordinary output by mime type: markdown, html and text, with no widget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from .blocks import AT_THE_FOOT, STEPS, Block
from .blocks.markup import scrolled, words
from .rendering.formulas import bound_formulas
from .wellformed import visible

# JupyterLab typesets mathematics in all HTML, where a price in dollars is none.
NO_MATH = "mathjax_ignore tex2jax_ignore"
"""The classes of what the page's typesetter leaves alone."""

# Piled-up accents could be drawn far outside of it, over the rest of the page. What is
# too wide can be scrolled to, wherever a sanitiser takes out the styles that break it:
# JupyterLab's, in notebooks it does not trust, knows `break-word` but not `anywhere`.
_STYLE = "overflow-wrap:break-word;overflow-x:auto;overflow-y:hidden"
_OUTER = f'class="nbstream-snapshot {NO_MATH}" style="{_STYLE}"'
# Of as many steps in a row, all but the last are behind one summary.
_MOST_STEPS = 40
_LAST_STEPS = 20
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
    html = _steps_folded(parts, [part.html() for part in parts])
    if note:
        plain.append(f"[{note}]")
        markdown.append(f"*{note}*")
        html.append(f'<p class="nbstream-note"><em>{escape(note)}</em></p>')
    body = bound_formulas("\n".join(filter(None, html)))
    return made_visible(
        {
            "text/plain": "\n".join(filter(None, plain)),
            "text/markdown": "\n\n".join(filter(None, markdown)),
            "text/html": f"<div {_OUTER}>\n{body}\n</div>",
        }
    )


def made_visible(bundle: MimeBundle) -> MimeBundle:
    """Return ordinary output with invisible characters that deceive written by name, in
    every form and whatever kind of content they are in. Names have nothing in them that
    markdown or HTML would read otherwise."""
    return {mime: visible(form) for mime, form in bundle.items()}


def side_by_side(named: Sequence[tuple[str, MimeBundle]]) -> MimeBundle:
    """Return several contents beside each other, each under its name."""
    html = [
        f'<div style="{_COLUMN}"><p><strong>{escape(name)}</strong></p>\n'
        f"{data['text/html']}\n</div>"
        for name, data in named
    ]
    return made_visible(
        {
            "text/plain": "\n\n".join(
                f"{name}\n{data['text/plain']}" for name, data in named
            ),
            "text/markdown": "\n\n---\n\n".join(
                f"**{words(name)}**\n\n{data['text/markdown']}" for name, data in named
            ),
            "text/html": f'<div class="{NO_MATH}" style="{_GRID}">\n'
            f"{bound_formulas(''.join(html))}\n</div>",
        }
    )


def _steps_folded(parts: Sequence[Block], html: Sequence[str]) -> list[str]:
    """Fold what is earlier of a long run of steps, each of which is a line: hundreds of
    them are an output that nobody scrolls past. As in `frontend/src/steps.ts`."""
    made: list[str] = []
    each = zip(parts, html, strict=True)
    for are_steps, run in groupby(each, lambda pair: isinstance(pair[0], STEPS)):
        forms = [form for _, form in run]
        if are_steps and len(forms) > _MOST_STEPS:
            earlier = forms[:-_LAST_STEPS]
            summary = f"<summary>{len(earlier):,} earlier steps</summary>"
            inner = scrolled("\n".join(earlier), "32em")
            made.append(f"<details>{summary}{inner}</details>")
            forms = forms[-_LAST_STEPS:]
        made += forms
    return made


def _place(block: Block) -> int:
    """Where to show it: in the order in which they began, but for those at the foot."""
    foot = AT_THE_FOOT
    return foot.index(type(block)) if isinstance(block, foot) else -1
