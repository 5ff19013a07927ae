"""What can go wrong with an answer, in no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .answer import Answer

Trouble = Literal["overloaded", "rate_limited", "server_error"]
"""What a server may say in the middle of a stream."""

_BROKEN = Answer("This answer was going well until something happened to it.")


@dataclass(frozen=True, slots=True)
class Overloaded:
    """Too much to do: 529 of Anthropic, 503 of OpenAI."""


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Too many requests: 429. Ask again in `retry_after` seconds; None does not say."""

    retry_after: float | None = 1

    @property
    def headers(self) -> dict[str, str]:
        """Return the header `Retry-After`, if the server says when to come again."""
        if self.retry_after is None:
            return {}
        return {"retry-after": f"{self.retry_after:g}"}


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The key is wrong: 401."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The key may not do this: 403."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such model: 404."""


@dataclass(frozen=True, slots=True)
class BadRequest:
    """The request is not understood: 400."""

    message: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The request lacks this field: 400."""

    field: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """Something broke at the server: 500."""


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
"""Instead of an answer, a status and an error in the vendor's format."""


@dataclass(frozen=True, slots=True)
class FailsMidStream:
    """After so many deltas of the answer, the stream tells of an error and ends."""

    after_deltas: int = 3
    kind: Trouble = "overloaded"
    answer: Answer = field(default=_BROKEN)


@dataclass(frozen=True, slots=True)
class Drops:
    """After so many deltas of the answer, the connection is reset."""

    after_deltas: int = 3
    answer: Answer = field(default=_BROKEN)


@dataclass(frozen=True, slots=True)
class Stalls:
    """After so many deltas of the answer nothing more comes, not even a ping, until
    the client leaves."""

    after_deltas: int = 3
    answer: Answer = field(default=_BROKEN)


Broken = FailsMidStream | Drops | Stalls
"""An answer that does not reach its end."""
