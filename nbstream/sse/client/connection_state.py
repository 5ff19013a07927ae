"""The states of an EventSource, and the changes that it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReadyState = Literal["connecting", "open", "closed"]
"""As of WHATWG HTML 9.2.2, in words."""


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """A change of an EventSource's state, or of the explanation of that state."""

    ready_state: ReadyState
    reason: str = ""
    """Why it connects again, or is closed; or the likely cause if a connection that is
    being made, or is open, has brought nothing for a while."""
    delay: float = 0.0
    """Seconds until the next try."""
    can_follow: bool = False
    """It is closed because the server ended the stream, and `follow=True` would have
    connected again."""
    note: str = ""
    """A sentence on the response for the user, such as a media type that does not match
    the body. The state is then the same as before."""
