"""Asking a model: what is asked, whom, and what comes of it.

The only room that knows vendors' requests; what their streams mean is in `dialects`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..sources import Source, source_of
from .api_keys import key_from, key_in
from .chat import Chat
from .comparison import Comparison
from .model_stream import ModelStream
from .prompt import fill_prompt
from .question import Access, Message, Question
from .schema import Schema
from .vendors import claude, openai
from .vendors.claude import DEFAULT_MODEL as DEFAULT_CLAUDE


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one kind of server is asked."""

    source: Callable[[Question, Access], Source]
    dialect: str


VENDORS = {
    "claude": Vendor(claude.source, claude.DIALECT),
    "openai": Vendor(openai.source, openai.DIALECT),
}
"""Every vendor, by the word that a cell names it with."""


def vendor_named(word: str) -> tuple[str, str] | None:
    """The vendor and the model, `""` for the default one, that `claude`, `openai:MODEL`
    and the like name; None for any other word."""
    vendor, _, model = word.partition(":")
    if vendor not in VENDORS or model.startswith("//"):
        return None
    return vendor, model


def ask(
    vendor: str,
    question: Question,
    access: Access,
    *,
    record: str | os.PathLike[str] | None = None,
    **options: Any,
) -> ModelStream:
    """Return the answer as a new stream; the request is sent when it starts.

    Args:
        vendor: a name of `VENDORS`.
        question: what to ask.
        access: how to reach the vendor.
        record: a file to write every event to.
        options: as `ModelStream` takes them.

    Raises:
        KeyMissing: if there is no key.
    """
    row = VENDORS[vendor]
    source = source_of(row.source(question, access), record=record)
    return ModelStream(question, source, dialect=row.dialect, **options)


__all__ = [
    "DEFAULT_CLAUDE",
    "VENDORS",
    "Access",
    "Chat",
    "Comparison",
    "Message",
    "ModelStream",
    "Question",
    "Schema",
    "Vendor",
    "ask",
    "fill_prompt",
    "key_from",
    "key_in",
    "vendor_named",
]
