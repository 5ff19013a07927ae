"""Content as ordinary output by mime type: markdown, html and text, with no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from html import escape
from itertools import groupby
from typing import Any

from ..limits import MAX_NAME, MAX_OUTPUT, Limits
from ..rendering.formulas import bound_formulas
from ..rendering.html import escape_markdown, scroll_box
from ..text.clipping import clip_line
from ..text.invisible_characters import escape_invisible
from .blocks import FOOTER_KINDS, STEP_KINDS, Block, TextBlock

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
# As wide as a line of text can be read, and no narrower: then they stack. Here they
# have a little less room than the panels had (`.nbs-column` in style.css), and are to
# stand side by side where those did.
_COLUMN = "flex:1 1 306px;min-width:0"

_SPARE = 0.95
"""Of a size that is aimed at: what a cut leaves is a little more than its share."""
_ROUNDS = 6
_AROUND = 500
"""Bytes of what stands around the parts."""
_AROUND_ONE = 30 * MAX_NAME
"""Bytes of what stands around one of several contents, such as its name."""

MimeBundle = dict[str, str]
"""Content by mime type: `text/plain`, `text/markdown` and `text/html`."""


def make_mimebundle(
    blocks: Iterable[Block[Any]], note: str = "", limit: int = MAX_OUTPUT
) -> MimeBundle:
    """Return blocks as ordinary output, the same for the same content.

    Args:
        blocks: what to show, in the order in which they began. Of copies: what is too
            much goes out of them, oldest first, and is counted where it was.
        note: a line at the end; empty if there is nothing to add.
        limit: the bytes of all mime types together, at most.
    """
    note = escape_invisible(note)
    around = 3 * _bytes(note) + _AROUND
    parts = _fitted(sorted(blocks, key=_place), max(limit - around, 0))
    plain = [part.plain for part in parts]
    markdown = [part.markdown for part in parts]
    html = _steps_folded([part.block for part in parts], [part.html for part in parts])
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


def limit_side_by_side(count: int) -> int:
    """Return the bytes that each of so many contents may have beside the others."""
    return MAX_OUTPUT // max(count, 1) - _AROUND_ONE


def bundle_side_by_side(
    made: Sequence[tuple[str, Callable[[int], MimeBundle]]],
) -> MimeBundle:
    """Return several contents beside each other, each under its name.

    Args:
        made: names, and what makes the content in at most so many bytes.
    """
    limit = limit_side_by_side(len(made))
    named = [
        (escape_invisible(clip_line(name, MAX_NAME)), make(limit))
        for name, make in made
    ]
    html = [
        f'<div style="{_COLUMN}"><p><strong>{escape(name)}</strong></p>\n'
        f"{data['text/html']}\n</div>"
        for name, data in named
    ]
    return {
        "text/plain": "\n\n".join(
            f"{name}\n{data['text/plain']}" for name, data in named
        ),
        "text/markdown": "\n\n---\n\n".join(
            f"**{escape_markdown(name)}**\n\n{data['text/markdown']}"
            for name, data in named
        ),
        "text/html": f'<div class="{NO_MATH}" style="{_GRID}">\n'
        f"{bound_formulas(''.join(html))}\n</div>",
    }


def _steps_folded(parts: Sequence[Block[Any]], html: Sequence[str]) -> list[str]:
    """Fold what is earlier of a long run of steps, each of which is a line: hundreds of
    them are an output that nobody scrolls past. As in `frontend/src/steps.ts`."""
    made: list[str] = []
    each = zip(parts, html, strict=True)
    for are_steps, run in groupby(each, lambda pair: isinstance(pair[0], STEP_KINDS)):
        forms = [form for _, form in run]
        if are_steps and len(forms) > _MOST_STEPS:
            earlier = forms[:-_LAST_STEPS]
            summary = f"<summary>{len(earlier):,} earlier steps</summary>"
            inner = scroll_box("\n".join(earlier), "32em")
            made.append(f"<details>{summary}{inner}</details>")
            forms = forms[-_LAST_STEPS:]
        made += forms
    return made


class _Part:
    """A block, and how it reads: with invisible characters that deceive by name, in
    which is nothing that markdown or HTML would read otherwise. Plain text, which costs
    least, is made first: a block that is far too large is not made into HTML."""

    def __init__(self, block: Block[Any]) -> None:
        self.block = block

    @cached_property
    def plain(self) -> str:
        return escape_invisible(self.block.plain())

    @cached_property
    def markdown(self) -> str:
        return escape_invisible(self.block.markdown())

    @cached_property
    def html(self) -> str:
        return escape_invisible(self.block.html())

    @cached_property
    def estimate(self) -> int:
        """Bytes of all types, at least."""
        return 3 * _bytes(self.plain)

    @cached_property
    def size(self) -> int:
        """Bytes of all types."""
        return sum(map(_bytes, (self.plain, self.markdown, self.html)))

    def shrunk(self, share: float) -> _Part:
        """Return it with only this share of what is shown."""
        self.block.shrink(share)
        return _Part(self.block)


def _fitted(blocks: Sequence[Block[Any]], limit: int) -> list[_Part]:
    """Return blocks that are within the limit together: the largest kinds are cut."""
    parts = list(map(_Part, blocks))
    for size in (lambda part: part.estimate, *[lambda part: part.size] * _ROUNDS):
        if sum(map(size, parts)) > limit:
            parts = _cut(parts, limit, size)
    if sum(part.size for part in parts) > limit:
        parts = [part.shrunk(0) for part in parts]
    return parts


def _cut(parts: list[_Part], limit: int, size: Callable[[_Part], int]) -> list[_Part]:
    """Cut each kind down to the same size, but for those that are smaller: parts that
    follow one another, such as texts, are one kind, of which the oldest go."""
    flow = [part for part in parts if not part.block.single]
    sizes = [size(part) for part in parts if part.block.single]
    level = _level([sum(map(size, flow)), *sizes], limit) * _SPARE
    room = level
    cut: list[_Part] = []
    gone: Block[Any] | None = None
    place = 0
    for part in reversed(parts):
        if part.block.single:
            large = size(part) > level
            cut.append(part.shrunk(level / size(part)) if large else part)
        elif size(part) <= room:
            room -= size(part)
            cut.append(part)
        elif room > 0:
            cut.append(part.shrunk(room / size(part)))
            room = 0
        else:
            gone, place = _without(part.block, gone), len(cut)
    if gone is not None:
        cut.insert(place, _Part(gone))
    return cut[::-1]


def _level(sizes: list[int], limit: int) -> float:
    """Return the size to cut to, so that all are within the limit: those that are
    smaller leave the others more."""
    level = limit / len(sizes)
    for count, size in enumerate(sorted(sizes)):
        level = limit / (len(sizes) - count)
        if size > level:
            break
        limit -= size
    return level


def _without(block: Block[Any], gone: Block[Any] | None) -> Block[Any]:
    """Return what says in the place of parts how much is gone, with one more."""
    place = gone or TextBlock(Limits())
    assert isinstance(place, TextBlock)
    text = getattr(block, "text", "")
    place.dropped += len(text) + getattr(block, "dropped", 0)
    return place


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _place(block: Block[Any]) -> int:
    """Where to show it: in the order in which they began, but for those at the foot."""
    foot = FOOTER_KINDS
    return foot.index(type(block)) if isinstance(block, foot) else -1
