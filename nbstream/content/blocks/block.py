"""The protocol of a kind of content."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from ...limits import Limits

P = TypeVar("P")


class Block(Protocol[P]):
    """One kind of content: how updates change it, and how frozen output shows it.

    Every kind is one file here, and one of the same name in `frontend/src/blocks`. `P`
    is the type of its payloads, which are JSON. A page applies the payload of `state()`
    to an empty block, and the payload of a change to the block before the change.
    """

    kind: ClassVar[str]
    """The name of the kind on the wire."""
    single: ClassVar[bool]
    """Whether a transcript has at most one such block. The others follow one another
    in the order of their updates."""

    def __init__(self, limits: Limits) -> None: ...

    def add(self, update: Any) -> P:
        """Add an update. Returns the payload of the change."""

    @property
    def size(self) -> int:
        """About how many bytes of memory the content holds."""

    @property
    def added_size(self) -> int:
        """About how many of these bytes the last update added."""

    def evict(self, excess: int) -> P | None:
        """Evict the oldest content until so many bytes fewer are held, and count it.
        Returns the payload of the change; None if nothing can be evicted."""

    def shrink(self, share: float) -> None:
        """Keep only this share of what frozen output shows, the newest, and count the
        rest. For a copy: views do not receive the change."""

    @staticmethod
    def merge(payloads: Sequence[P]) -> P:
        """Return one payload with the effect of these in turn."""

    def state(self) -> P:
        """Return the payload that makes this block from an empty one."""

    def plain(self) -> str:
        """Return it as plain text; empty if there is nothing to show."""

    def markdown(self) -> str:
        """Return it as GitHub-flavoured markdown."""

    def html(self) -> str:
        """Return it as safe HTML: everything from the stream is escaped."""


class SmallBlock:
    """Base of the kinds that stay small whatever a stream sends: they evict nothing."""

    size = 0
    added_size = 500

    def evict(self, excess: int) -> None:
        """Evict nothing."""

    def shrink(self, share: float) -> None:
        """Change nothing."""


T = TypeVar("T")


def copy_block(block: T) -> T:
    """Return a copy of a block, to be read while the stream continues. Collections are
    copied one level deep: blocks replace entries and never change them."""
    copied = copy.copy(block)
    for name, value in vars(copied).items():
        if isinstance(value, list | dict | deque):
            setattr(copied, name, value.copy())
        elif hasattr(value, "kind"):  # a block within a block
            setattr(copied, name, copy_block(value))
    return copied
