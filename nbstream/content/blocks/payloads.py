"""The payloads of all kinds, by the name that a page knows each kind by.

`frontend/src/blocks/payloads.ts` mirrors this table, and each kind's file the type of
its payload; `tests/test_contract.py` holds both languages to it.
"""

from __future__ import annotations

from typing import TypedDict

from .citations import CitationsPayload
from .error import ErrorPayload
from .log import LogPayload
from .metrics import MetricsPayload
from .notice import NoticePayload
from .progress import ProgressPayload
from .raw import RawPayload
from .reasoning import ReasoningPayload
from .rows import RowsPayload
from .text import TextPayload
from .tool_call import ToolCallPayload
from .usage import UsagePayload


class Payloads(TypedDict):
    """The payload of each kind."""

    text: TextPayload
    reasoning: ReasoningPayload
    tool_call: ToolCallPayload
    usage: UsagePayload
    progress: ProgressPayload
    metrics: MetricsPayload
    log: LogPayload
    rows: RowsPayload
    citations: CitationsPayload
    notice: NoticePayload
    raw: RawPayload
    error: ErrorPayload


Payload = (
    TextPayload
    | ReasoningPayload
    | ToolCallPayload
    | UsagePayload
    | ProgressPayload
    | MetricsPayload
    | LogPayload
    | RowsPayload
    | CitationsPayload
    | NoticePayload
    | RawPayload
    | ErrorPayload
)
"""What a block of any kind tells a page."""
