"""The kinds of content, one file each, and the kind that each update is added to."""

from __future__ import annotations

from typing import Any

from ...updates import (
    Citation,
    Failed,
    LogLine,
    Metric,
    Note,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Unrecognised,
    Usage,
)
from .block import Block
from .citations import CitationsBlock
from .error import ErrorBlock
from .log import LogBlock
from .metrics import MetricsBlock
from .notice import NoticeBlock
from .payloads import Payload
from .progress import ProgressBlock
from .raw import RawBlock
from .reasoning import ReasoningBlock
from .rows import RowsBlock
from .text import TextBlock
from .tool_call import ToolCallBlock
from .usage import UsageBlock

BLOCK_OF: dict[type, type[Block[Any]]] = {
    Text: TextBlock,
    Reasoning: ReasoningBlock,
    ToolCall: ToolCallBlock,
    Usage: UsageBlock,
    Progress: ProgressBlock,
    Metric: MetricsBlock,
    LogLine: LogBlock,
    Row: RowsBlock,
    Citation: CitationsBlock,
    Note: NoticeBlock,
    Stopped: NoticeBlock,
    Raw: RawBlock,
    Unrecognised: RawBlock,
    Failed: ErrorBlock,
}
"""The kind of block that an update is added to."""

FOOTER_KINDS: tuple[type[Block[Any]], ...] = (CitationsBlock, UsageBlock)
"""Kinds that are shown below all others, in this order."""

STEP_KINDS: tuple[type[Block[Any]], ...] = (ReasoningBlock, ToolCallBlock, NoticeBlock)
"""Kinds that are one line each; in a long run of them the earlier ones are folded."""

__all__ = [
    "BLOCK_OF",
    "FOOTER_KINDS",
    "STEP_KINDS",
    "Block",
    "ErrorBlock",
    "NoticeBlock",
    "Payload",
    "ReasoningBlock",
    "TextBlock",
    "ToolCallBlock",
    "UsageBlock",
]
