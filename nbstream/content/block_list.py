"""The blocks of a transcript: find the block that an update is added to, start new
blocks, and evict the oldest when there are too many."""

from __future__ import annotations

from typing import Any

from ..limits import MAX_MESSAGE, Limits
from ..updates import ToolCall, Update
from .blocks import Block, NoticeBlock, ReasoningBlock, TextBlock, ToolCallBlock

# The kinds that follow one another in the order in which they arrived.
_FLOW_KINDS = (TextBlock, ReasoningBlock, ToolCallBlock, NoticeBlock)


class BlockList:
    """Blocks in the order in which they began.

    The flow is the blocks that are not `single`. Its last block is open: an update of
    the same kind continues it. Tool calls stay open by their index.

    Args:
        limits: how much to keep of each kind.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.blocks: list[Block[Any]] = []
        """The blocks. `trim` replaces the list, so that a reader without the lock keeps
        valid indexes."""
        self.open_index = -1
        """The index of the open block of the flow; -1 if there is none."""
        self._single: dict[type[Block[Any]], int] = {}
        self._calls: dict[int, int] = {}  # index of a tool call → index of its block

    @property
    def size(self) -> int:
        """About how many bytes of memory the blocks hold."""
        return sum(block.size for block in self.blocks)

    def find(self, cls: type[Block[Any]], update: Update) -> int | None:
        """Return the index of the block that an update is added to; None if it needs a
        new one."""
        if cls.single:
            return self._single.get(cls)
        if isinstance(update, ToolCall):
            # Servers may interleave calls, so each stays open while others follow.
            index = self._calls.get(update.index)
            call = self.blocks[index] if index is not None else None
            is_same = isinstance(call, ToolCallBlock) and call.is_continued_by(update)
            return index if is_same else None
        if cls is NoticeBlock or self.open_index < 0:
            return None
        is_open = type(self.blocks[self.open_index]) is cls
        return self.open_index if is_open else None

    def start(self, cls: type[Block[Any]], update: Update) -> int:
        """Append an empty block for an update. Returns its index."""
        index = len(self.blocks)
        self.blocks.append(cls(self._limits))
        if cls.single:
            self._single[cls] = index
        else:
            self.open_index = index
        if isinstance(update, ToolCall):
            self._calls[update.index] = index
        return index

    def trim(self, size: int) -> bool:
        """Evict the oldest blocks of the flow if there are too many, or too much text
        in them. One empty text in their place counts them. Returns whether any were
        evicted, which changes the indexes of the others.

        Args:
            size: about how many bytes of memory all blocks hold.
        """
        limits = self._limits
        few = len(self.blocks) < limits.parts
        if few and size + len(self.blocks) * MAX_MESSAGE <= limits.text:
            return False  # looking at each block costs more than adding one
        flow = [block for block in self.blocks if isinstance(block, _FLOW_KINDS)]
        length = sum(len(block.text) for block in flow)
        if len(flow) < limits.parts and length <= 2 * limits.text:
            return False
        # A quarter more than needed, so that this is not done for every block.
        room = limits.parts * 3 // 4
        placeholder = TextBlock(limits)
        evicted: set[int] = set()
        while len(flow) > 1 and (len(flow) > room or length > limits.text):
            oldest = flow.pop(0)
            evicted.add(id(oldest))
            length -= len(oldest.text)
            placeholder.dropped += oldest.dropped + len(oldest.text)
        self._replace(evicted, placeholder)
        return True

    def _replace(self, evicted: set[int], placeholder: Block[Any]) -> None:
        """Put a placeholder in the place of blocks, which are given by `id()`."""
        ids = [id(block) for block in self.blocks]
        first = next((i for i, one in enumerate(ids) if one in evicted), 0)
        moved: dict[int, int] = {}  # index before → index after
        blocks: list[Block[Any]] = []
        for index, block in enumerate(self.blocks):
            if index == first:
                blocks.append(placeholder)
            if ids[index] not in evicted:
                moved[index] = len(blocks)
                blocks.append(block)
        self.blocks = blocks
        self._single = {cls: moved[i] for cls, i in self._single.items()}
        self._calls = {n: moved[i] for n, i in self._calls.items() if i in moved}
        self.open_index = moved[self.open_index]
