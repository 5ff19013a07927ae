"""What the kinds that hold one growing text share, as `growing.ts` does in the page."""

from __future__ import annotations

from collections.abc import Sequence

from ...limits import Limits
from .block import Payload
from .text import TextBlock


class Growing:
    """A block around one text."""

    def __init__(self, limits: Limits) -> None:
        self._text = TextBlock(limits)

    @property
    def text(self) -> str:
        """What is kept of it."""
        return self._text.text

    @property
    def dropped(self) -> int:
        """How many of its characters are not."""
        return self._text.dropped

    @property
    def size(self) -> int:
        """About how many bytes of memory it holds."""
        return self._text.size

    @property
    def brought(self) -> int:
        """About how many of these the last update brought."""
        return self._text.brought

    def let_go(self, excess: int) -> Payload | None:
        """Let its beginning go until so many bytes fewer are held."""
        return self._text.let_go(excess)

    def shrink(self, share: float) -> None:
        """Keep only this share of it, the newest."""
        self._text.shrink(share)

    @staticmethod
    def merge(payloads: Sequence[Payload]) -> Payload:
        """One payload that does what these do in turn."""
        merged: Payload = {}
        for payload in payloads:
            merged |= payload
        return merged | TextBlock.merge(payloads)
