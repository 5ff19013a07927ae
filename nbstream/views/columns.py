"""Several streams side by side, as ordinary output."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from ..blocks.markup import words
from ..stream import Stream
from . import snapshot

_GRID = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
# As wide as a line of text can be read, and no narrower: then they stack.
_COLUMN = "flex:1 1 320px;min-width:0"


def bundle(streams: Sequence[Stream]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mime bundle of what all received, and its metadata."""
    bundles = [snapshot.bundle(stream) for stream in streams]
    parts = list(zip(streams, bundles, strict=True))
    plain = [f"{s.label}\n{data['text/plain']}" for s, (data, _) in parts]
    markdown = [
        f"**{words(s.label)}**\n\n{data['text/markdown']}" for s, (data, _) in parts
    ]
    html = [
        f'<div style="{_COLUMN}"><p><strong>{escape(s.label)}</strong></p>\n'
        f"{data['text/html']}\n</div>"
        for s, (data, _) in parts
    ]
    data = {
        "text/plain": "\n\n".join(plain),
        "text/markdown": "\n\n---\n\n".join(markdown),
        "text/html": f'<div style="{_GRID}">\n{"".join(html)}\n</div>',
    }
    return data, {"nbstream": [metadata["nbstream"] for _, metadata in bundles]}


def placeholder(streams: Sequence[Stream]) -> dict[str, Any]:
    """What stands in for them where no panel can be drawn."""
    lines = [snapshot.placeholder(stream)["text/plain"] for stream in streams]
    return {"text/plain": "\n".join(lines)}
