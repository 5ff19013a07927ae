"""Values of the retry policy: how a connection ended, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass

THE_SERVER_ENDED = "the server ended the stream"


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """How one connection, or the attempt to have one, ended."""

    reason: str = THE_SERVER_ENDED
    """The cause, for messages."""
    clean: bool = False
    """The body is complete."""
    refused: bool = False
    """The server never acted on the request, so that repeating it is safe."""
    status: int | None = None
    """The HTTP status of a refusal."""
    retry_after: float | None = None
    """Seconds to wait, from the refusal's `Retry-After`."""
    lived: float = 0.0
    """Seconds that the connection was open."""
    sent_id: bool = False
    """The connection carried an `id:` field."""
    resumable: bool = False
    """The next request can name the last event id."""
    woken: bool = False
    """The machine woke up, or changed its network, and nothing was received after that:
    the end is not the server's fault."""
    retry: float | None = None
    """Seconds, from the connection's last `retry:` field."""
    advice: str = ""
    """What the user can do about it, if more is known than the policy knows."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Connect again."""

    delay: float
    """Seconds to wait before."""
    reason: str
    """Why, for messages."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is complete."""

    reason: str
    """Why, for messages."""
    can_follow: bool = False
    """`follow=True` would have connected again."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The stream failed."""

    reason: str
    """Why, for messages."""
    advice: str
    """What the user can do about it."""
    attempts: int
    """Failed tries in a row."""
    status: int | None = None
    """The HTTP status of the last refusal."""
    empty: bool = False
    """The stream is complete, but without one event."""


Decision = Reconnect | Ended | GiveUp
