"""Render blocks as ordinary output by mime type: markdown, HTML and plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from html import escape
from itertools import groupby
from typing import Any

from ..limits import MAX_NAME, MAX_OUTPUT, Limits
from ..rendering.formulas import limit_formulas
from ..rendering.html import escape_markdown, scroll_box
from ..text.clipping import clip_line
from ..text.invisible_characters import escape_invisible
from .blocks import FOOTER_KINDS, STEP_KINDS, Block, TextBlock

# JupyterLab typesets math in all HTML, and would take prices in dollars for math.
NO_MATH = "mathjax_ignore tex2jax_ignore"
"""The classes of elements that the page's typesetter skips."""

# Hidden overflow keeps stacked accents from covering the rest of the page. Wide content
# scrolls where a sanitiser removes the styles that break lines: JupyterLab's, in
# notebooks that are not trusted, accepts `break-word` but not `anywhere`.
_STYLE = "overflow-wrap:break-word;overflow-x:auto;overflow-y:hidden"
_OUTER = f'class="nbstream-snapshot {NO_MATH}" style="{_STYLE}"'
_MAX_STEPS = 40
"""Steps in a row; of more, all but the last `_LAST_STEPS` are folded."""
_LAST_STEPS = 20
_GRID = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
# Narrower columns stack. The minimum is a little less than that of the live panels
# (`.nbs-column`), which have more room, so that both stack at the same page width.
_COLUMN = "flex:1 1 306px;min-width:0"

_SPARE = 0.95
"""The part of a size that a cut aims at, because it leaves a little more."""
_ROUNDS = 6
_AROUND = 500
"""Bytes around the parts."""
_AROUND_ONE = 30 * MAX_NAME
"""Bytes around one of several contents, such as its name."""

MimeBundle = dict[str, str]
"""Content by mime type: `text/plain`, `text/markdown` and `text/html`."""


def make_mimebundle(
    blocks: Iterable[Block[Any]], note: str = "", limit: int = MAX_OUTPUT
) -> MimeBundle:
    """Return blocks as ordinary output, the same for the same content.

    Args:
        blocks: the blocks, in the order in which they began. They must be copies:
            past the limit their oldest content is evicted, and counted in its place.
        note: a line at the end; empty if there is nothing to add.
        limit: the maximum of bytes, all mime types together.
    """
    around = 3 * _count_bytes(note) + _AROUND
    parts = _fit(sorted(blocks, key=_rank), max(limit - around, 0))
    plain = [part.plain for part in parts]
    markdown = [part.markdown for part in parts]
    html = _fold_steps([part.block for part in parts], [part.html for part in parts])
    if note:
        for form, line in zip((plain, markdown, html), _format_note(note), strict=True):
            form.append(line)
    body = limit_formulas("\n".join(filter(None, html)))
    return {
        "text/plain": "\n".join(filter(None, plain)),
        "text/markdown": "\n\n".join(filter(None, markdown)),
        "text/html": f"<div {_OUTER}>\n{body}\n</div>",
    }


def add_note(bundle: MimeBundle, note: str) -> MimeBundle:
    """Return a bundle with a line after its content."""
    forms = (bundle["text/plain"], bundle["text/markdown"], bundle["text/html"])
    plain, markdown, html = zip(forms, _format_note(note), strict=True)
    return {
        "text/plain": "\n".join(filter(None, plain)),
        "text/markdown": "\n\n".join(filter(None, markdown)),
        "text/html": "\n".join(html),
    }


def limit_side_by_side(count: int, limit: int = MAX_OUTPUT) -> int:
    """Return the maximum of bytes of each of so many contents side by side."""
    return limit // max(count, 1) - _AROUND_ONE


def bundle_side_by_side(
    made: Sequence[tuple[str, Callable[[int], MimeBundle]]], limit: int = MAX_OUTPUT
) -> MimeBundle:
    """Return several contents side by side, each under its name.

    Args:
        made: names, and functions that render the content in at most so many bytes.
        limit: the maximum of bytes, all contents and mime types together.
    """
    limit = limit_side_by_side(len(made), limit)
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
        f"{limit_formulas(''.join(html))}\n</div>",
    }


def _format_note(note: str) -> tuple[str, str, str]:
    """Return a line after the content as plain text, markdown and HTML."""
    note = escape_invisible(note)
    html = f'<p class="nbstream-note"><em>{escape(note)}</em></p>'
    return f"[{note}]", f"*{note}*", html


def _fold_steps(parts: Sequence[Block[Any]], html: Sequence[str]) -> list[str]:
    """Fold the earlier part of a long run of steps, which nobody would scroll past. The
    twin is `frontend/src/panels/fold_steps.ts`."""
    made: list[str] = []
    each = zip(parts, html, strict=True)
    for are_steps, run in groupby(each, lambda pair: isinstance(pair[0], STEP_KINDS)):
        forms = [form for _, form in run]
        if are_steps and len(forms) > _MAX_STEPS:
            earlier = forms[:-_LAST_STEPS]
            summary = f"<summary>{len(earlier):,} earlier steps</summary>"
            inner = scroll_box("\n".join(earlier), "32em")
            made.append(f"<details>{summary}{inner}</details>")
            forms = forms[-_LAST_STEPS:]
        made += forms
    return made


class _Part:
    """A block with its rendered forms, in which deceptive invisible characters are
    escaped. Each form is rendered on demand: plain text, which costs least, suffices to
    cut a block that is far too large."""

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
        """The minimum of bytes of all types."""
        return 3 * _count_bytes(self.plain)

    @cached_property
    def size(self) -> int:
        """The bytes of all types."""
        return sum(map(_count_bytes, (self.plain, self.markdown, self.html)))

    def shrink(self, share: float) -> _Part:
        """Return the part with only this share of what it shows."""
        self.block.shrink(share)
        return _Part(self.block)


def _fit(blocks: Sequence[Block[Any]], limit: int) -> list[_Part]:
    """Render blocks and cut the largest kinds, until all are within the limit."""
    parts = list(map(_Part, blocks))
    for size in (lambda part: part.estimate, *[lambda part: part.size] * _ROUNDS):
        if sum(map(size, parts)) > limit:
            parts = _cut(parts, limit, size)
    if sum(part.size for part in parts) > limit:
        parts = [part.shrink(0) for part in parts]
    return parts


def _cut(parts: list[_Part], limit: int, size: Callable[[_Part], int]) -> list[_Part]:
    """Cut the larger kinds to the same size. Parts that follow one another, such as
    texts, count as one kind, of which the oldest are evicted."""
    flow = [part for part in parts if not part.block.single]
    sizes = [size(part) for part in parts if part.block.single]
    level = _find_level([sum(map(size, flow)), *sizes], limit) * _SPARE
    room = level
    cut: list[_Part] = []
    placeholder: TextBlock | None = None
    place = 0
    for part in reversed(parts):
        if part.block.single:
            large = size(part) > level
            cut.append(part.shrink(level / size(part)) if large else part)
        elif size(part) <= room:
            room -= size(part)
            cut.append(part)
        elif room > 0:
            cut.append(part.shrink(room / size(part)))
            room = 0
        else:
            placeholder, place = _count_evicted(part.block, placeholder), len(cut)
    if placeholder is not None:
        cut.insert(place, _Part(placeholder))
    return cut[::-1]


def _find_level(sizes: list[int], limit: int) -> float:
    """Return the size to cut the larger to, so that all are within the limit."""
    level = limit / len(sizes)
    for count, size in enumerate(sorted(sizes)):
        level = limit / (len(sizes) - count)
        if size > level:
            break
        limit -= size
    return level


def _count_evicted(block: Block[Any], placeholder: TextBlock | None) -> TextBlock:
    """Return the placeholder of evicted parts, which counts their text, with another
    part added."""
    placeholder = placeholder or TextBlock(Limits())
    text = getattr(block, "text", "")
    placeholder.dropped += len(text) + getattr(block, "dropped", 0)
    return placeholder


def _count_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _rank(block: Block[Any]) -> int:
    """Return the rank of a block: footers are last, others in the order they began."""
    foot = FOOTER_KINDS
    return foot.index(type(block)) if isinstance(block, foot) else -1
