"""A conversation as ordinary output."""

from __future__ import annotations

from ..content.blocks import Limits, TextBlock
from ..content.mimebundle import MimeBundle, mimebundle_of
from ..models import Chat
from ..updates import Text


def bundle(chat: Chat) -> MimeBundle:
    """The turns so far, to be read. What models said is as harmless, and as bounded, as
    in a stream."""
    turns = TextBlock(Limits())
    turns.add(Text(chat.as_markdown()))
    return mimebundle_of([turns])
