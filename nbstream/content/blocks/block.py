"""What every kind of content has in common."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from ...limits import Limits

P = TypeVar("P")


class Block(Protocol[P]):
    """One kind of content: how updates add to it, and how it reads when frozen.

    Every kind is one file here, and one of the same name in `frontend/src/blocks`. `P`
    is the type of its payloads, which are JSON: applied to an empty block, the payload
    of `state()` makes the whole; the payload of a change is applied to what was there.
    """

    kind: ClassVar[str]
    """The name that the page knows it by."""
    single: ClassVar[bool]
    """Whether a stream has one of it at most. The others follow one another in the
    order in which they came."""

    def __init__(self, limits: Limits) -> None: ...

    def add(self, update: Any) -> P:
        """Take an update in; returns the payload of the change."""

    @property
    def size(self) -> int:
        """About how many bytes of memory the content holds."""

    @property
    def added_size(self) -> int:
        """About how many of these the last update brought."""

    def evict(self, excess: int) -> P | None:
        """Let the oldest go until so many bytes fewer are held, and count it. Returns
        the payload of the change; None where nothing can go."""

    def shrink(self, share: float) -> None:
        """Keep only this share of what ordinary output shows, the newest; the rest is
        counted. To be called on a copy: no view is told."""

    @staticmethod
    def merge(payloads: Sequence[P]) -> P:
        """One payload that does what these do in turn."""

    def state(self) -> P:
        """The payload that makes the whole block from nothing."""

    def plain(self) -> str:
        """As plain text; empty if there is nothing to show."""

    def markdown(self) -> str:
        """As GitHub-flavoured markdown."""

    def html(self) -> str:
        """As HTML that is safe to show: everything from the stream is escaped."""


class SmallBlock:
    """What blocks share that are small whatever a stream sends: nothing of them need
    ever go."""

    size = 0
    added_size = 500

    def evict(self, excess: int) -> None:
        """Let nothing go."""

    def shrink(self, share: float) -> None:
        """Stay as it is."""


T = TypeVar("T")


def copy_block(block: T) -> T:
    """Return a block as it is now, to be read while the stream goes on. What it holds
    is copied one level deep: entries are replaced, never changed."""
    copied = copy.copy(block)
    for name, value in vars(copied).items():
        if isinstance(value, list | dict | deque):
            setattr(copied, name, value.copy())
        elif hasattr(value, "kind"):  # a block within a block
            setattr(copied, name, copy_block(value))
    return copied
