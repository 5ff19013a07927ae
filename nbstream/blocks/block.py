"""What every kind of content has in common."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

Payload = dict[str, Any]
"""What a block tells a page: JSON. Applied to an empty block, the payload of
`state()` makes the whole; the payload of a change is applied to what was there."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one stream keeps of each kind of content. What is let go is counted
    and shown; a recording keeps everything."""

    text: int = 1024 * 1024
    """Characters of text."""
    parts: int = 400
    """Pieces of text, reasoning and tool calls that follow one another."""
    lines: int = 100_000
    """Log lines."""
    rows: int = 2_000
    """Item rows."""
    points: int = 20_000
    """Metric points, all series together."""
    bars: int = 100
    """Progress bars."""
    citations: int = 200
    """Sources that an answer refers to."""
    raw: int = 200
    """Events of unknown types."""
    events: int = 1_000
    """Events kept for readers that come late."""


class Block(Protocol):
    """One kind of content: how updates add to it, and how it reads when frozen.

    Every kind is one file here, and one of the same name in `frontend/src/blocks`.
    """

    kind: ClassVar[str]
    """The name that the page knows it by."""
    single: ClassVar[bool]
    """Whether a stream has one of it at most. The others follow one another in the
    order in which they came."""

    def __init__(self, limits: Limits) -> None: ...

    def add(self, update: Any) -> Payload:
        """Take an update in; returns the payload of the change."""

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        """One payload that does what the two do in turn."""

    def state(self) -> Payload:
        """The payload that makes the whole block from nothing."""

    def plain(self) -> str:
        """As plain text; empty if there is nothing to show."""

    def markdown(self) -> str:
        """As GitHub-flavoured markdown."""

    def html(self) -> str:
        """As HTML that is safe to show: everything from the stream is escaped."""


T = TypeVar("T")


def copy_of(block: T) -> T:
    """Return a block as it is now, to be read while the stream goes on. What it holds
    is copied one level deep: entries are replaced, never changed."""
    copied = copy.copy(block)
    for name, value in vars(copied).items():
        if isinstance(value, list | dict | deque):
            setattr(copied, name, value.copy())
        elif hasattr(value, "kind"):  # a block within a block
            setattr(copied, name, copy_of(value))
    return copied
