"""OpenAI's conventions: keys, response headers and errors of both APIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import faults
from .faults import ErrorKind, Refusal
from .question import Question
from .vendor_api import dump_json

_LIMIT = 10000
_PAD_TO = 16  # characters
_SHOWN = 4  # last characters of a refused key, and twice as many first ones

ERRORS: Mapping[ErrorKind, tuple[str, str | None, str]] = {
    "overloaded": (
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    "rate_limited": (
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for requests. Please try again later.",
    ),
    "server_error": (
        "server_error",
        "server_error",
        "The server had an error while processing your request. Sorry about that!",
    ),
}
"""The type, the code and the message of each."""


class OpenAIConventions:
    """OpenAI's authentication, response headers and error bodies."""

    def check_key(self, question: Question, key: str | None) -> Refusal | None:
        is_wrong = not question.key or key not in (None, question.key)
        return faults.Unauthorized() if is_wrong else None

    def response_headers(self, number: int) -> Mapping[str, str]:
        limits: dict[str, str] = {}
        for resource in ("requests", "tokens"):
            limits |= {
                f"x-ratelimit-limit-{resource}": f"{_LIMIT}",
                f"x-ratelimit-remaining-{resource}": f"{_LIMIT - 1}",
                f"x-ratelimit-reset-{resource}": "6ms",
            }
        return {
            "x-request-id": f"req_{number:032x}",
            "openai-version": "2020-10-01",
            "openai-processing-ms": "1",
            **limits,
        }

    def encode_refusal(
        self, refusal: Refusal, question: Question
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        headers: dict[str, str] = {}
        kind, code, param = "invalid_request_error", None, None
        match refusal:
            case faults.Overloaded():
                status, (kind, code, message) = 503, ERRORS["overloaded"]
            case faults.RateLimited():
                status, (kind, code, message) = 429, ERRORS["rate_limited"]
                headers["x-ratelimit-remaining-requests"] = "0"
                headers |= refusal.headers
            case faults.Unauthorized():
                status, code, message = 401, "invalid_api_key", _key_message(question)
            case faults.Forbidden():
                status, message = 403, "You are not allowed to use this resource."
            case faults.NotFound():
                status, code = 404, "model_not_found"
                message = (
                    f"The model `{question.model}` does not exist "
                    "or you do not have access to it."
                )
            case faults.BadRequest(message):
                status = 400
            case faults.Missing(field):
                status, code, param = 400, "missing_required_parameter", field
                message = f"Missing required parameter: '{field}'."
            case faults.ServerError():
                status, (kind, code, message) = 500, ERRORS["server_error"]
        return status, headers, {"error": make_error(kind, code, message, param)}


def list_models(names: Sequence[str]) -> Mapping[str, Any]:
    """Return the body of `GET /v1/models`."""
    listed = [
        {"id": name, "object": "model", "created": 1735689600, "owned_by": "system"}
        for name in names
    ]
    return {"object": "list", "data": listed}


def make_error(
    kind: str, code: str | None, message: str, param: str | None = None
) -> Mapping[str, Any]:
    """Return the value of `error` in a response or an event of OpenAI's."""
    return {"message": message, "type": kind, "param": param, "code": code}


def make_padding(question: Question, delta: object) -> Mapping[str, Any]:
    """Return the field that pads an event, so that its length does not reveal its text;
    empty if the request declines it."""
    options = question.body.get("stream_options") or {}
    if options.get("include_obfuscation") is False:
        return {}
    return {"obfuscation": "x" * (_PAD_TO - len(dump_json(delta)) % _PAD_TO)}


def _key_message(question: Question) -> str:
    key = question.key
    if not key:
        return (
            "You didn't provide an API key. You need to provide your API key in an "
            "Authorization header using Bearer auth (i.e. Authorization: Bearer "
            "YOUR_KEY)."
        )
    # OpenAI quotes part of the key, so a client has to redact errors too.
    hidden = "*" * max(len(key) - 3 * _SHOWN, 1)
    return (
        f"Incorrect API key provided: {key[: 2 * _SHOWN]}{hidden}{key[-_SHOWN:]}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
