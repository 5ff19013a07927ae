"""Base of the kinds that hold one growing text: reasoning and tool calls.

The twin is `frontend/src/blocks/base/growing_text.ts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar, cast

from ...limits import Limits
from .text import TextBlock, TextPayload

P = TypeVar("P", bound=TextPayload)


class GrowingText(Generic[P]):
    """A block that holds one text."""

    def __init__(self, limits: Limits) -> None:
        self._text = TextBlock(limits)

    @property
    def text(self) -> str:
        """The text that was not evicted."""
        return self._text.text

    @property
    def dropped(self) -> int:
        """How many characters were evicted."""
        return self._text.dropped

    @property
    def size(self) -> int:
        """About how many bytes of memory the text holds."""
        return self._text.size

    @property
    def added_size(self) -> int:
        """About how many of these the last update added."""
        return self._text.added_size

    def evict(self, excess: int) -> P | None:
        """Evict the beginning until so many bytes fewer are held."""
        payload = self._text.evict(excess)
        return None if payload is None else self._cast(payload)

    def shrink(self, share: float) -> None:
        """Keep only this share of the text, the newest."""
        self._text.shrink(share)

    @classmethod
    def merge(cls, payloads: Sequence[P]) -> P:
        """Return one payload with the effect of these in turn."""
        merged: dict[str, object] = {}
        for payload in payloads:
            merged |= payload
        return cast(P, merged | TextBlock.merge(payloads))

    @staticmethod
    def _cast(payload: TextPayload) -> P:
        # The fields that a kind adds to these are all optional.
        return cast(P, payload)
