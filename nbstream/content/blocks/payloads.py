"""The payload type of each kind, by the name of the kind on the wire.

The twin is `frontend/src/blocks/payloads.ts`; `tests/test_contract.py` holds both
languages to the same.
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
"""A payload of any kind."""
