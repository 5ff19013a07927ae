"""Ask a model: the request, its vendor, the answer. The formats of the vendors' streams
are in `dialects`."""

from __future__ import annotations

from .api_keys import key_in, read_key
from .chat import Chat
from .comparison import Comparison
from .model_stream import ModelStream, ask
from .prompt import fill_prompt
from .request import Access, Message, ModelRequest
from .schema import Schema
from .vendors import VENDORS, parse_vendor
from .vendors.claude import DEFAULT_MODEL as DEFAULT_CLAUDE

__all__ = [
    "DEFAULT_CLAUDE",
    "VENDORS",
    "Access",
    "Chat",
    "Comparison",
    "Message",
    "ModelRequest",
    "ModelStream",
    "Schema",
    "ask",
    "fill_prompt",
    "key_in",
    "parse_vendor",
    "read_key",
]
