"""A conversation as ordinary output."""

from __future__ import annotations

from typing import Any

from ..blocks.defused import defused
from ..blocks.markdown import html_of
from ..mimebundle import made_visible
from ..models import Chat


def bundle(chat: Chat) -> dict[str, Any]:
    """The turns so far, to be read. What models said is as harmless as in a stream."""
    text = chat.as_markdown()
    forms = {
        "text/plain": text,
        "text/markdown": defused(text),
        "text/html": f'<div class="nbstream-snapshot">\n{html_of(text)}\n</div>',
    }
    return {**made_visible(forms)}
