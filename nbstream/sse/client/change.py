"""What an EventSource tells of its connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReadyState = Literal["connecting", "open", "closed"]


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """A change of an EventSource's state, or of what there is to say of it."""

    ready_state: ReadyState
    reason: str = ""
    """Why it is connecting again, or closed; or what may be the cause where a
    connection that is being made, or is open, has brought nothing for a while."""
    delay: float = 0.0
    """Seconds until the next try."""
    can_follow: bool = False
    """It is closed because the server ended the stream, and `follow=True` would have
    connected again."""
    note: str = ""
    """What the reader has to know of the answer, in a sentence, such as a media type
    that does not say what it is. The state is then the same as before."""
