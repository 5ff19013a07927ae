"""The protocols that each vendor's API implements, and what they share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ...sse import ServerSentEvent
from .answer import TokenizedAnswer
from .faults import BadRequest, ErrorKind, Missing, Refusal
from .question import Question


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """One event of an answer's stream, and how many tokens it carries."""

    event: ServerSentEvent
    tokens: int = 0


class VendorConventions(Protocol):
    """A vendor's authentication, response headers and error bodies."""

    def check_key(self, question: Question, key: str | None) -> Refusal | None:
        """Return why the request is refused, if it is; a `key` of None allows any."""

    def response_headers(self, number: int) -> Mapping[str, str]:
        """Return the headers of every response: request id and rate limits."""

    def encode_refusal(
        self, refusal: Refusal, question: Question
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        """Return the status, the headers and the JSON body of a refusal."""


class VendorApi(Protocol):
    """The request and response format of one API."""

    @property
    def vendor(self) -> VendorConventions:
        """The conventions of the vendor."""

    def validate(self, question: Question) -> BadRequest | Missing | None:
        """Return the first error in the request body, if any."""

    def encode_stream(
        self, question: Question, answer: TokenizedAnswer
    ) -> Iterator[StreamedEvent]:
        """Yield the events of a streamed answer."""

    def encode_body(
        self, question: Question, answer: TokenizedAnswer
    ) -> Mapping[str, Any]:
        """Return the JSON body of an answer that is not streamed."""

    def encode_error(
        self, question: Question, kind: ErrorKind, sent: int
    ) -> Iterator[ServerSentEvent]:
        """Yield the events of an error in mid-stream, after `sent` events."""


def dump_json(value: Any) -> str:
    """Serialise as the vendors do: no spaces, no escapes of non-ASCII letters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def find_missing_field(question: Question, *fields: str) -> Missing | None:
    """Return the first of these fields that the request lacks or leaves empty."""
    empty: tuple[Any, ...] = (None, "", [])
    missing = (field for field in fields if question.body.get(field) in empty)
    return next(map(Missing, missing), None)
