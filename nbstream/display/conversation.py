"""A conversation as ordinary output."""

from __future__ import annotations

from ..content.blocks import TextBlock
from ..content.mimebundle import MimeBundle, make_mimebundle
from ..limits import Limits
from ..models import Chat
from ..updates import Text


def bundle(chat: Chat) -> MimeBundle:
    """Return the turns so far as a mime bundle, sanitised and limited in size like the
    content of a stream."""
    turns = TextBlock(Limits())
    turns.add(Text(chat.as_markdown()))
    return make_mimebundle([turns])
