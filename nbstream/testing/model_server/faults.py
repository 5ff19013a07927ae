"""The faults of a model server, independent of a vendor's format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .answer import Answer

ErrorKind = Literal["overloaded", "rate_limited", "server_error"]
"""The errors that a server may send in mid-stream."""

_BROKEN = Answer("This answer was going well until something happened to it.")


@dataclass(frozen=True, slots=True)
class Overloaded:
    """Refuse as overloaded: 529 of Anthropic, 503 of OpenAI."""


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Refuse as too many requests: 429. `retry_after` is in seconds, None for none."""

    retry_after: float | None = 1

    @property
    def headers(self) -> dict[str, str]:
        """Return the header `Retry-After`; empty without `retry_after`."""
        if self.retry_after is None:
            return {}
        return {"retry-after": f"{self.retry_after:g}"}


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """Refuse a wrong key: 401."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Refuse a key without permission: 403."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """Refuse an unknown model: 404."""


@dataclass(frozen=True, slots=True)
class BadRequest:
    """Refuse an invalid request: 400."""

    message: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Refuse a request without this field: 400."""

    field: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """Refuse with a failure of the server: 500."""


Refusal = (
    Overloaded
    | RateLimited
    | Unauthorized
    | Forbidden
    | NotFound
    | BadRequest
    | Missing
    | ServerError
)
"""A status and an error in the vendor's format, instead of an answer."""


@dataclass(frozen=True, slots=True)
class FailsMidStream:
    """Send an error after this many deltas of the answer, and end."""

    after_deltas: int = 3
    kind: ErrorKind = "overloaded"
    answer: Answer = field(default=_BROKEN)


@dataclass(frozen=True, slots=True)
class Drops:
    """Reset the connection after this many deltas of the answer."""

    after_deltas: int = 3
    answer: Answer = field(default=_BROKEN)


@dataclass(frozen=True, slots=True)
class Stalls:
    """Send nothing after this many deltas of the answer, not even a ping, until the
    client disconnects."""

    after_deltas: int = 3
    answer: Answer = field(default=_BROKEN)


Broken = FailsMidStream | Drops | Stalls
"""An answer that does not reach its end."""
