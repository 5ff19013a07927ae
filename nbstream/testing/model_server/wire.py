"""What the formats of all APIs have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ...sse import ServerSentEvent
from .answer import Cut
from .faults import BadRequest, Missing, Refusal, Trouble
from .question import Question


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream, and how many tokens it carries."""

    event: ServerSentEvent
    tokens: int = 0


class Vendor(Protocol):
    """Whose API it is: how it lets in, and how it refuses."""

    def lock(self, question: Question, key: str | None) -> Refusal | None:
        """Why a request may not come in; a key of None stands for any."""

    def headers(self, number: int) -> Mapping[str, str]:
        """What every answer carries: its id, and what is left of the limits."""

    def refusal(
        self, refusal: Refusal, question: Question
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        """The status, the headers and the body that say it."""


class Format(Protocol):
    """How one API tells an answer."""

    @property
    def vendor(self) -> Vendor:
        """Whose API it is."""

    def mistake(self, question: Question) -> BadRequest | Missing | None:
        """What is wrong with the request."""

    def frames(self, question: Question, answer: Cut) -> Iterator[Frame]:
        """The answer as a stream."""

    def whole(self, question: Question, answer: Cut) -> Mapping[str, Any]:
        """The answer at once."""

    def failure(
        self, question: Question, trouble: Trouble, sent: int
    ) -> Iterator[ServerSentEvent]:
        """What tells of trouble after so many events."""


def as_json(value: Any) -> str:
    """JSON as the vendors send it: no spaces, and every letter as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lacking(question: Question, *fields: str) -> Missing | None:
    """The first of these fields that the request lacks."""
    empty: tuple[Any, ...] = (None, "", [])
    lacks = (field for field in fields if question.body.get(field) in empty)
    return next(map(Missing, lacks), None)
