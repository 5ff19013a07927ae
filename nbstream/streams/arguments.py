"""StreamArguments: the keyword arguments of Stream that every kind of stream takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ..limits import Limits


class StreamArguments(TypedDict, total=False):
    """Keyword arguments of `Stream`, which describes them. Each may be left out."""

    view: str
    field: str | None
    name: str | None
    limits: Limits | None
    max_time: float | None
    max_event_size: int | str
    notes: Sequence[str]
