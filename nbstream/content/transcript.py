"""Keep the content of a stream as blocks, bounded, with numbered changes.

A view requests all changes after the last one that it has. A live view, a late view
and a reloaded page all do the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..limits import MAX_MESSAGE, MAX_OUTPUT, MB, Limits
from ..sse.redaction import Redactor
from ..text.clipping import clip_line, clip_name
from ..updates import Ending, Finished, Gap, Row, Stopped, Update, Usage
from .block_list import BlockList
from .blocks import (
    BLOCK_OF,
    Block,
    Payload,
    ReasoningBlock,
    TextBlock,
    ToolCallBlock,
    UsageBlock,
)
from .blocks.block import copy_block
from .blocks.entry_list import EntryList
from .blocks.rows import RowsBlock, make_entry
from .blocks.usage import AnswerTimer
from .changes import Changes
from .mimebundle import MimeBundle, make_mimebundle

_ANSWER_KINDS = (TextBlock, ReasoningBlock, ToolCallBlock)
# Serialising a megabyte takes some 10 ms, which block the event loop.
_CHUNK = 2 * MB
# Updates about the stream itself. Only `Stopped` may have content to show.
_STREAM_STATES = frozenset({Gap, Stopped, Ending, Finished})


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
        self.lost: int | None = None
        """How many events the server reported as lost, at least; None if it reported no
        gap."""
        self.stopped: Stopped | None = None
        """Why the answer stopped, as reported last."""
        self.answer_timer = AnswerTimer()
        """When the parts of the answer arrived."""
        self._list = BlockList(self.limits)
        # A stream in a thread writes while the kernel's thread reads.
        self._lock = threading.Lock()
        self.changes: Changes[Payload] = Changes(self._lock)
        """The last changes; a store of the memory budget."""
        self.size = 0
        """About how many bytes of memory the content holds."""

    @property
    def blocks(self) -> list[Block[Any]]:
        """The blocks, in the order in which they began."""
        return self._list.blocks

    def apply(self, update: Update) -> int:
        """Add an update to its block. Returns about how many bytes of memory it
        added."""
        kind = type(update)
        if kind in _STREAM_STATES and not self._apply_state(update):
            return 0
        cls = BLOCK_OF[kind]
        # Before the lock: measuring and cutting a large row takes long.
        row = make_entry(update, self.limits.entry) if isinstance(update, Row) else None
        with self._lock:
            index = self._list.find(cls, update)
            if index is None:
                index = self._start_block(cls, update)
            block = self._list.blocks[index]
            if cls in _ANSWER_KINDS:
                self.answer_timer.record_part()
            elif isinstance(block, UsageBlock):
                block.times = self.answer_timer.to_times()
            before = block.size
            payload: Payload
            if row is not None and isinstance(block, RowsBlock):
                payload = block.append(*row)
            else:
                payload = block.add(update)
            self.size += block.size - before
            self._add_change(index, payload, block.added_size)
            return block.added_size

    def _apply_state(self, update: Update) -> bool:
        """Record an update about the stream itself. Returns whether it has content to
        show."""
        match update:
            case Gap(lost):
                self.lost = (self.lost or 0) + (lost or 0)
            case Stopped(reason, message):
                message = clip_line(message, MAX_MESSAGE)
                self.stopped = Stopped(clip_name(reason), message)
                return bool(message)
        return False

    def evict(self, excess: int) -> None:
        """Evict the oldest content of the largest blocks until so many bytes fewer are
        held. The blocks count it, and views receive it as changes."""
        with self._lock:
            target = self.size - max(excess, 0)
            blocks = dict(enumerate(self.blocks))
            while blocks and self.size > target:
                index, block = max(blocks.items(), key=lambda item: item[1].size)
                before = block.size
                # At most a quarter at a time, after which another may be the largest.
                payload = block.evict(min(self.size - target, max(before // 4, 1)))
                if payload is None:
                    del blocks[index]
                    continue
                self.size += block.size - before
                self._add_change(index, payload)

    def clear(self) -> None:
        """Remove all content. Views then need a snapshot."""
        with self._lock:
            self._list = BlockList(self.limits)
            self.lost = self.stopped = None
            self.size = 0
            self._forget_changes()

    def redact(self, redactor: Redactor) -> None:
        """Redact secrets that arrived in pieces and are complete now. Views need a
        snapshot if there were any."""
        with self._lock:
            changed = [
                b.redact(redactor) for b in self.blocks if isinstance(b, _ANSWER_KINDS)
            ]
            if any(changed):
                self.size = self._list.size
                self._forget_changes()

    def changes_after(self, seq: float) -> list[Patch] | None:
        """Return what changed after change `seq`, merged into one patch per block. None
        if that is no longer known: the view then needs a snapshot."""
        return self.frame_after(seq)[1]

    def frame_after(self, seq: float) -> tuple[int, list[Patch] | None]:
        """Return the number of the last change, and `changes_after` up to it."""
        merged: dict[int, list[Payload]] = {}
        with self._lock:
            last, blocks = self.seq, self.blocks
            behind = last - seq
            if not 0 <= behind <= len(self.changes):
                return last, None
            for index, payload in islice(self.changes, int(behind)):
                merged.setdefault(index, []).append(payload)
        return last, [
            Patch(index, blocks[index].kind, _merge(blocks[index], payloads))
            for index, payloads in sorted(merged.items())
        ]

    def snapshot(self) -> list[Patch]:
        """Return all content, as patches to an empty transcript."""
        with self._lock:
            return [Patch(i, b.kind, b.state()) for i, b in enumerate(self.blocks)]

    def snapshot_in_parts(self, size: int = _CHUNK) -> tuple[int, list[list[Patch]]]:
        """Return the number of the last change, and all content in parts. The first
        part is patches to an empty transcript, each other one to the result of those
        before it.

        Args:
            size: about how many bytes of memory each part has at most. A single entry,
                such as a row, is not cut.
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
        """The streamed text that was not evicted."""
        with self._lock:
            return "".join(b.text for b in self.blocks if isinstance(b, TextBlock))

    @property
    def usage(self) -> Usage | None:
        """What the answer used so far; None if it was not reported."""
        with self._lock:
            found = (b.usage for b in self.blocks if isinstance(b, UsageBlock))
            return next(found, None)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls that a model requested, each with its `id`, `name` and `arguments`:
        a value if they are complete, else the JSON so far."""
        with self._lock:
            calls = [b for b in self.blocks if isinstance(b, ToolCallBlock)]
            return [call.to_dict() for call in calls]

    def mimebundle(self, note: str = "", limit: int = MAX_OUTPUT) -> MimeBundle:
        """Return the content as ordinary output by mime type; see `make_mimebundle`."""
        # Of copies: rendering takes long, and the stream need not wait for it.
        with self._lock:
            blocks = [copy_block(block) for block in self.blocks]
        return make_mimebundle(blocks, note, limit)

    def _add_change(self, index: int, payload: Payload, size: int = 0) -> None:
        self.changes.add(index, payload, size)
        self.seq += 1

    def _start_block(self, cls: type[Block[Any]], update: Update) -> int:
        blocks = self._list
        if not cls.single:
            last = self.blocks[blocks.open_index] if blocks.open_index >= 0 else None
            if isinstance(last, ReasoningBlock):
                self._add_change(blocks.open_index, last.close())
            if blocks.trim(self.size):
                self.size = blocks.size
                self._forget_changes()
        return blocks.start(cls, update)

    def _forget_changes(self) -> None:
        # The number of a change that is not kept: views that lack it need a snapshot.
        self.changes.clear()
        self.seq += 1


def _states(block: Block[Any], size: int) -> Iterator[tuple[Payload, int]]:
    """Yield payloads that make a block from nothing, with the bytes of each."""
    if isinstance(block, EntryList):
        yield from block.states(size)
    else:
        yield block.state(), block.size


def _merge(block: Block[Any], newest_first: list[Payload]) -> Payload:
    if len(newest_first) == 1:
        return newest_first[0]
    merged: Payload = block.merge(newest_first[::-1])
    return merged
