"""What the kinds that hold one growing text share, as `growing.ts` does in the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar, cast

from ...limits import Limits
from .text import TextBlock, TextPayload

P = TypeVar("P", bound=TextPayload)


class Growing(Generic[P]):
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

    def let_go(self, excess: int) -> P | None:
        """Let its beginning go until so many bytes fewer are held."""
        payload = self._text.let_go(excess)
        return None if payload is None else self._typed(payload)

    def shrink(self, share: float) -> None:
        """Keep only this share of it, the newest."""
        self._text.shrink(share)

    @classmethod
    def merge(cls, payloads: Sequence[P]) -> P:
        """One payload that does what these do in turn."""
        merged: dict[str, object] = {}
        for payload in payloads:
            merged |= payload
        return cast(P, merged | TextBlock.merge(payloads))

    @staticmethod
    def _typed(payload: TextPayload) -> P:
        # What a kind adds to these fields is in none of its payloads by need.
        return cast(P, payload)
