"""What an EventSource tells of its connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReadyState = Literal["connecting", "open", "closed"]


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """A change of an EventSource's state."""

    ready_state: ReadyState
    reason: str = ""
    """Why it is connecting again, or closed; empty at the first connect."""
    delay: float = 0.0
    """Seconds until the next try."""
