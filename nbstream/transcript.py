"""What has been received so far: reduced, bounded, and numbered.

Every change has a number, so "everything after change n" is a cheap question, and a
live view, a late view and a page that was reloaded all ask the same one.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from .blocks import BLOCK_OF, Block, Limits, Payload, TextBlock
from .updates import Finished, Update

# What a view can be behind and still be told only the changes. Past this it is
# cheaper to tell it everything, and bounded.
_MAX_CHANGES = 20_000
_MAX_CHANGED_TEXT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of one block, or, in a snapshot, all of it."""

    block: int
    kind: str
    payload: Payload


class Transcript:
    """The content of one stream as blocks.

    Args:
        limits: how much to keep of each kind.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.seq = 0
        """The number of the last change; 0 before the first."""
        self.blocks: list[Block] = []
        """The blocks, in the order in which they began."""
        self._of_kind: dict[type[Block], int] = {}
        self._open = -1  # the block that continues the flow, of those that do
        self._changes: deque[tuple[int, Payload]] = deque()
        self._changed_text = 0
        # A stream may run in a thread beside the one that asks for its text.
        self._lock = threading.Lock()

    def apply(self, update: Update) -> None:
        """Take an update in."""
        if type(update) is Finished:
            return  # it is a state of the stream, and leaves nothing to show
        with self._lock:
            index = self._index(BLOCK_OF[type(update)])
            payload = self.blocks[index].add(update)
            self._changes.append((index, payload))
            self._changed_text += len(payload.get("text", ""))
            self.seq += 1
            while self._remembers_too_much():
                _, oldest = self._changes.popleft()
                self._changed_text -= len(oldest.get("text", ""))

    def changes_after(self, seq: int) -> list[Patch] | None:
        """What changed after change `seq`, merged to one patch a block. None if that
        is no longer known: then ask for a snapshot."""
        merged: dict[int, list[Payload]] = {}
        with self._lock:
            behind = self.seq - seq
            if not 0 <= behind <= len(self._changes):
                return None
            changes = reversed(self._changes)
            for _ in range(behind):
                index, payload = next(changes)
                merged.setdefault(index, []).append(payload)
        return [
            Patch(index, self.blocks[index].kind, self._merged(index, payloads))
            for index, payloads in sorted(merged.items())
        ]

    def snapshot(self) -> list[Patch]:
        """All of it, as patches to nothing."""
        with self._lock:
            return [Patch(i, b.kind, b.state()) for i, b in enumerate(self.blocks)]

    @property
    def text(self) -> str:
        """The streamed text that is kept."""
        with self._lock:
            return "".join(b.text for b in self.blocks if isinstance(b, TextBlock))

    def _remembers_too_much(self) -> bool:
        return (
            len(self._changes) > _MAX_CHANGES or self._changed_text > _MAX_CHANGED_TEXT
        )

    def _merged(self, index: int, newest_first: list[Payload]) -> Payload:
        # Pairwise, as a tournament: merging into one growing payload would copy it
        # for every change.
        merge = self.blocks[index].merge
        payloads = newest_first[::-1]
        while len(payloads) > 1:
            pairs = zip(payloads[::2], payloads[1::2], strict=False)
            rest = payloads[-1:] if len(payloads) % 2 else []
            payloads = [merge(a, b) for a, b in pairs] + rest
        return payloads[0]

    def _index(self, cls: type[Block]) -> int:
        if cls.single:
            index = self._of_kind.get(cls)
        else:
            index = self._open if self._open >= 0 else None
            if index is not None and type(self.blocks[index]) is not cls:
                index = None
        if index is None:
            index = len(self.blocks)
            self.blocks.append(cls(self.limits))
            self._of_kind[cls] = index
            if not cls.single:
                self._open = index
        return index
