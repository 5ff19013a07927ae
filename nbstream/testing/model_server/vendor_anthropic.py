"""Anthropic's conventions: keys, response headers and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import faults
from .faults import ErrorKind, Refusal
from .question import Question

_LIMIT = 1000
_RESET = "2030-01-01T00:00:00Z"

ERRORS: Mapping[ErrorKind, tuple[str, str]] = {
    "overloaded": ("overloaded_error", "Overloaded"),
    "rate_limited": (
        "rate_limit_error",
        "This request would exceed your account's rate limit. Please try again later.",
    ),
    "server_error": ("api_error", "Internal server error"),
}
"""The type and the message of each."""


class AnthropicConventions:
    """Anthropic's authentication, response headers and error bodies."""

    def check_key(self, question: Question, key: str | None) -> Refusal | None:
        if not question.key or key not in (None, question.key):
            return faults.Unauthorized()
        if "anthropic-version" not in question.headers:
            return faults.BadRequest("anthropic-version: header is required")
        return None

    def response_headers(self, number: int) -> Mapping[str, str]:
        limits: dict[str, str] = {}
        for resource in ("requests", "tokens"):
            limits |= {
                f"anthropic-ratelimit-{resource}-limit": f"{_LIMIT}",
                f"anthropic-ratelimit-{resource}-remaining": f"{_LIMIT - 1}",
                f"anthropic-ratelimit-{resource}-reset": _RESET,
            }
        return {"request-id": _request_id(number), **limits}

    def encode_refusal(
        self, refusal: Refusal, question: Question
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        headers: dict[str, str] = {}
        match refusal:
            case faults.Overloaded():
                status, (kind, message) = 529, ERRORS["overloaded"]
            case faults.RateLimited():
                status, (kind, message) = 429, ERRORS["rate_limited"]
                headers["anthropic-ratelimit-requests-remaining"] = "0"
                headers |= refusal.headers
            case faults.Unauthorized():
                status, kind = 401, "authentication_error"
                message = "invalid x-api-key" if question.key else "x-api-key: required"
            case faults.Forbidden():
                status, kind = 403, "permission_error"
                message = "Your API key does not have permission to use this resource."
            case faults.NotFound():
                status, kind = 404, "not_found_error"
                message = f"model: {question.model}"
            case faults.BadRequest(message):
                status, kind = 400, "invalid_request_error"
            case faults.Missing(field):
                status, kind = 400, "invalid_request_error"
                message = f"{field}: Field required"
            case faults.ServerError():
                status, (kind, message) = 500, ERRORS["server_error"]
        return status, headers, make_error(kind, message, question)


def list_models(names: Sequence[str]) -> Mapping[str, Any]:
    """Return the body of `GET /v1/models`."""
    listed = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "2025-01-01T00:00:00Z",
        }
        for name in names
    ]
    ends = {"first_id": names[0], "last_id": names[-1]} if names else {}
    return {"data": listed, "has_more": False, "first_id": None, "last_id": None} | ends


def make_error(kind: str, message: str, question: Question) -> Mapping[str, Any]:
    """Return an error body of Anthropic's, the same in a stream and as a response."""
    return {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": _request_id(question.number),
    }


def _request_id(number: int) -> str:
    return f"req_{number:024d}"
