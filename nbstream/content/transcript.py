"""What has been received so far: reduced, bounded, and numbered.

Every change has a number, so "everything after change n" is a cheap question, and a
live view, a late view and a page that was reloaded all ask the same one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..limits import FROZEN, MAX_MESSAGE, MB
from ..sse.redaction import Redactor
from ..text.clipping import clip_line, clip_name
from ..updates import Ending, Finished, Gap, Row, Stopped, ToolCall, Update, Usage
from .blocks import (
    BLOCK_OF,
    Block,
    Limits,
    NoticeBlock,
    Payload,
    ReasoningBlock,
    TextBlock,
    ToolCallBlock,
    UsageBlock,
)
from .blocks.block import copy_of
from .blocks.listing import Listing
from .blocks.rows import RowsBlock, entry_of
from .blocks.usage import Pace
from .changes import Changes
from .mimebundle import MimeBundle, mimebundle_of

# The kinds that follow one another in the order in which they came.
_ANSWER = (TextBlock, ReasoningBlock, ToolCallBlock)
_PARTS = (*_ANSWER, NoticeBlock)
# To write out a megabyte takes some 10 ms, in which the loop that does it does no more.
_PART = 2 * MB
# What tells of the stream, and has no content or need not have any.
_STATES = frozenset({Gap, Stopped, Ending, Finished})


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
        self.blocks: list[Block[Any]] = []
        """The blocks, in the order in which they began."""
        self.lost: int | None = None
        """Events that the server said can no longer be had, at least so many; None
        where it spoke of no gap."""
        self.stopped: Stopped | None = None
        """Why the answer stopped, as it was told last."""
        self._of_kind: dict[type[Block[Any]], int] = {}
        self._open = -1  # the block that continues the flow, of those that do
        self._calls: dict[int, int] = {}  # the block of each tool call's index
        self.pace = Pace()
        """When the parts of the answer came."""
        # A stream may run in a thread beside the one that asks for its text.
        self._lock = threading.Lock()
        self.changes: Changes[Payload] = Changes(self._lock)
        """What views have not been told yet, as a store of a budget."""
        self.size = 0
        """About how many bytes of memory the content holds."""

    def apply(self, update: Update) -> int:
        """Take an update in. Returns about how many bytes of memory it brought."""
        kind = type(update)
        if kind in _STATES and not self._shows_state(update):
            return 0
        cls = BLOCK_OF[kind]
        # A large row takes long to look through, for which nobody has to wait.
        row = entry_of(update, self.limits.entry) if isinstance(update, Row) else None
        with self._lock:
            index = self._index(cls, update)
            block = self.blocks[index]
            if cls in _ANSWER:
                self.pace.part()
            elif isinstance(block, UsageBlock):
                block.times = self.pace.told()
            before = block.size
            payload: Payload
            if row is not None and isinstance(block, RowsBlock):
                payload = block.append(*row)
            else:
                payload = block.add(update)
            brought = block.brought
            self.size += block.size - before
            self._change(index, payload, brought)
            return brought

    def _shows_state(self, update: Update) -> bool:
        """Take in what an update tells of the stream itself. Returns whether there is
        something to show of it."""
        match update:
            case Gap(lost):
                self.lost = (self.lost or 0) + (lost or 0)
            case Stopped(reason, message):
                message = clip_line(message, MAX_MESSAGE)
                self.stopped = Stopped(clip_name(reason), message)
                return bool(message)
        return False

    def let_go(self, excess: int) -> None:
        """Let go of the oldest of the largest blocks until so many bytes fewer are
        held. Views are told, and the blocks count it."""
        with self._lock:
            target = self.size - max(excess, 0)
            blocks = dict(enumerate(self.blocks))
            while blocks and self.size > target:
                index, block = max(blocks.items(), key=lambda item: item[1].size)
                before = block.size
                # A quarter of it at most: then another may be the largest.
                payload = block.let_go(min(self.size - target, max(before // 4, 1)))
                if payload is None:
                    del blocks[index]
                    continue
                self.size += block.size - before
                self._change(index, payload)

    def begin_anew(self) -> None:
        """Forget all content: what is applied from here on takes its place. Views are
        told everything anew."""
        with self._lock:
            self.blocks = []
            self._of_kind, self._calls, self._open = {}, {}, -1
            self.lost = self.stopped = None
            self.size = 0
            self._forget_changes()

    def redact(self, redactor: Redactor) -> None:
        """Take out secrets that came in pieces and are whole now. Views are told
        everything anew if there were any."""
        with self._lock:
            changed = [
                b.redact(redactor) for b in self.blocks if isinstance(b, _ANSWER)
            ]
            if any(changed):
                self.size = sum(block.size for block in self.blocks)
                self._forget_changes()

    def changes_after(self, seq: float) -> list[Patch] | None:
        """What changed after change `seq`, merged to one patch a block. None if that
        is no longer known: then ask for a snapshot."""
        return self.frame_after(seq)[1]

    def frame_after(self, seq: float) -> tuple[int, list[Patch] | None]:
        """The number of the last change, and `changes_after` up to that one."""
        merged: dict[int, list[Payload]] = {}
        with self._lock:
            last, blocks = self.seq, self.blocks
            behind = last - seq
            if not 0 <= behind <= len(self.changes):
                return last, None
            for index, payload in islice(self.changes, int(behind)):
                merged.setdefault(index, []).append(payload)
        return last, [
            Patch(index, blocks[index].kind, _merged(blocks[index], payloads))
            for index, payloads in sorted(merged.items())
        ]

    def snapshot(self) -> list[Patch]:
        """All of it, as patches to nothing."""
        with self._lock:
            return [Patch(i, b.kind, b.state()) for i, b in enumerate(self.blocks)]

    def snapshot_in_parts(self, size: int = _PART) -> tuple[int, list[list[Patch]]]:
        """The number of the last change, and all of it, in parts that add up: the first
        is patches to nothing, each other one to what those before it have made.

        Args:
            size: about how many bytes of memory each is to have at most. An entry of
                its own, such as a row, is not cut.
        """
        parts: list[list[Patch]] = [[]]
        room = size
        with self._lock:
            for index, block in enumerate(self.blocks):
                for payload, weight in _states(block, size):
                    if weight > room and parts[-1]:
                        parts.append([])
                        room = size
                    parts[-1].append(Patch(index, block.kind, payload))
                    room -= weight
            return self.seq, parts

    @property
    def text(self) -> str:
        """The streamed text that is kept."""
        with self._lock:
            return "".join(b.text for b in self.blocks if isinstance(b, TextBlock))

    @property
    def usage(self) -> Usage | None:
        """What the answer used so far; None where nothing told."""
        with self._lock:
            found = (b.usage for b in self.blocks if isinstance(b, UsageBlock))
            return next(found, None)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls that a model asked for, each with its `id`, `name` and
        `arguments`: a value if they are complete, else the JSON so far."""
        with self._lock:
            calls = [b for b in self.blocks if isinstance(b, ToolCallBlock)]
            return [call.told() for call in calls]

    def mimebundle(self, note: str = "", limit: int = FROZEN) -> MimeBundle:
        """What is kept, as ordinary output by mime type; see `mimebundle_of`."""
        # Writing it out takes long, and the stream is not to wait for that.
        with self._lock:
            blocks = [copy_of(block) for block in self.blocks]
        return mimebundle_of(blocks, note, limit)

    def _change(self, index: int, payload: Payload, size: int = 0) -> None:
        self.changes.add(index, payload, size)
        self.seq += 1

    def _index(self, cls: type[Block[Any]], update: Update) -> int:
        """The block that an update goes to, begun if need be."""
        index: int | None
        if cls.single:
            index = self._of_kind.get(cls)
        elif isinstance(update, ToolCall):
            # Calls may be told in turns, so each stays open beside what follows it.
            index = self._calls.get(update.index)
            call = self.blocks[index] if index is not None else None
            if not (isinstance(call, ToolCallBlock) and call.continues(update)):
                index = None
        else:
            index = self._open if self._open >= 0 else None
            if cls is NoticeBlock or (
                index is not None and type(self.blocks[index]) is not cls
            ):
                index = None
        return self._begin(cls, update) if index is None else index

    def _begin(self, cls: type[Block[Any]], update: Update) -> int:
        if not cls.single:
            last = self.blocks[self._open] if self._open >= 0 else None
            if isinstance(last, ReasoningBlock):
                self._change(self._open, last.close())
            self._let_go()
        index = len(self.blocks)
        self.blocks.append(cls(self.limits))
        if cls.single:
            self._of_kind[cls] = index
        else:
            self._open = index
        if isinstance(update, ToolCall):
            self._calls[update.index] = index
        return index

    def _let_go(self) -> None:
        """Let go of the oldest parts where there are too many. One empty text in their
        place counts them, and views are told everything anew."""
        few = len(self.blocks) < self.limits.parts
        if few and self.size + len(self.blocks) * MAX_MESSAGE <= self.limits.text:
            return  # surely; looking at each part costs more than adding one
        parts = [b for b in self.blocks if isinstance(b, _PARTS)]
        size = sum(len(b.text) for b in parts)
        if len(parts) < self.limits.parts and size <= 2 * self.limits.text:
            return
        # A quarter more than needed, so that this is not done for every part.
        room = self.limits.parts * 3 // 4
        place = TextBlock(self.limits)
        gone: set[int] = set()
        while len(parts) > 1 and (len(parts) > room or size > self.limits.text):
            oldest = parts.pop(0)
            gone.add(id(oldest))
            size -= len(oldest.text)
            place.dropped += oldest.dropped + len(oldest.text)
        first = next((i for i, b in enumerate(self.blocks) if id(b) in gone), 0)
        kept: dict[int, int] = {}
        blocks: list[Block[Any]] = []
        for index, block in enumerate(self.blocks):
            if index == first:
                blocks.append(place)
            if id(block) not in gone:
                kept[index] = len(blocks)
                blocks.append(block)
        self.blocks = blocks
        self.size = sum(block.size for block in blocks)
        self._of_kind = {cls: kept[i] for cls, i in self._of_kind.items()}
        self._calls = {n: kept[i] for n, i in self._calls.items() if i in kept}
        self._open = kept[self._open]
        self._forget_changes()

    def _forget_changes(self) -> None:
        # A change that is not kept: whoever asks for it is told everything.
        self.changes.clear()
        self.seq += 1


def _states(block: Block[Any], size: int) -> Iterator[tuple[Payload, int]]:
    """Yield payloads that make a block from nothing, with the bytes of each."""
    if isinstance(block, Listing):
        yield from block.states(size)
    else:
        yield block.state(), block.size


def _merged(block: Block[Any], newest_first: list[Payload]) -> Payload:
    if len(newest_first) == 1:
        return newest_first[0]
    merged: Payload = block.merge(newest_first[::-1])
    return merged
