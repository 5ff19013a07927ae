"""The kinds of content, one file each; which update goes to which."""

from __future__ import annotations

from ..updates import Failed, LogLine, Metric, Progress, Raw, Row, Text
from .block import Block, Limits, Payload
from .error import ErrorBlock
from .log import LogBlock
from .metrics import MetricsBlock
from .progress import ProgressBlock
from .raw import RawBlock
from .rows import RowsBlock
from .text import TextBlock

BLOCK_OF: dict[type, type[Block]] = {
    Text: TextBlock,
    Progress: ProgressBlock,
    Metric: MetricsBlock,
    LogLine: LogBlock,
    Row: RowsBlock,
    Raw: RawBlock,
    Failed: ErrorBlock,
}
"""The kind of block that takes an update in."""

__all__ = ["BLOCK_OF", "Block", "ErrorBlock", "Limits", "Payload", "TextBlock"]
