"""The kinds of content, one file each; which update goes to which."""

from __future__ import annotations

from ..updates import (
    Failed,
    LogLine,
    Metric,
    Progress,
    Raw,
    Reasoning,
    Row,
    Text,
    ToolCall,
    Usage,
)
from .block import Block, Limits, Payload
from .error import ErrorBlock
from .log import LogBlock
from .metrics import MetricsBlock
from .progress import ProgressBlock
from .raw import RawBlock
from .reasoning import ReasoningBlock
from .rows import RowsBlock
from .text import TextBlock
from .tool_call import ToolCallBlock
from .usage import UsageBlock

BLOCK_OF: dict[type, type[Block]] = {
    Text: TextBlock,
    Reasoning: ReasoningBlock,
    ToolCall: ToolCallBlock,
    Usage: UsageBlock,
    Progress: ProgressBlock,
    Metric: MetricsBlock,
    LogLine: LogBlock,
    Row: RowsBlock,
    Raw: RawBlock,
    Failed: ErrorBlock,
}
"""The kind of block that takes an update in."""

__all__ = [
    "BLOCK_OF",
    "Block",
    "ErrorBlock",
    "Limits",
    "Payload",
    "ReasoningBlock",
    "TextBlock",
    "ToolCallBlock",
    "UsageBlock",
]
