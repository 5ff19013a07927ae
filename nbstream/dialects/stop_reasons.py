"""Ends of answers, ordinary and other, in sentences for the reader."""

from __future__ import annotations

from collections.abc import Sequence

from ..updates import Failed, Stopped

_ORDINARY = frozenset(
    {
        "end_turn",
        "stop",
        "stop_sequence",
        "tool_use",
        "tool_calls",
        "function_call",
        "completed",
        "eos",
        "eos_token",
        "complete",
        "tool_call",
        "word",
    }
)
_CUT = "The answer was cut: "
_AT_LIMIT = (
    _CUT + "it reached the limit of output tokens ({}). Ask for more with --max-tokens."
)
_WINDOW_FULL = (
    _CUT + "question and answer fill the model's context window. Ask with less, or a "
    "model with a larger one."
)
_FILTERED = _CUT + "the server's content filter stopped it."
_STOPS = {
    "max_tokens": _AT_LIMIT,
    "length": _AT_LIMIT,
    "max_output_tokens": _AT_LIMIT,
    "limit": _AT_LIMIT,
    "refusal": "The model declined to answer.",
    "content_filter": _FILTERED,
    "safety": _FILTERED,
    "blocklist": _FILTERED,
    "prohibited_content": _FILTERED,
    "spii": _CUT + "the server's filter found sensitive personal data in it.",
    "recitation": _CUT + "it repeated a source too closely.",
    "language": _CUT + "the model does not support its language.",
    "malformed_function_call": _CUT + "the model's call of a tool was not valid.",
    "pause_turn": "The model paused a long turn. Send the conversation back, and it "
    "goes on.",
    "model_context_window_exceeded": _WINDOW_FULL,
    "max_messages": _CUT + "it reached the limit of messages ({}).",
    "model_length": _WINDOW_FULL,
    "insufficient_system_resource": _CUT + "the server was short of resources.",
    "timeout": _CUT + "the server took too long.",
    "cancelled": "The answer was cancelled at the server.",
    "canceled": "The answer was cancelled at the server.",
    "abort": _CUT + "the server broke it off.",
    "error": _CUT + "the server met an error.",
}

_OVERLOADED = "The server is overloaded", "Try again in a while."
_RATE = "The rate limit is reached", "Wait a while, then try again."
_QUOTA = "The account's credit is used up", "See its plan and billing."
_SERVER = "The server failed", "Try again."
_TIMEOUT = "The server took too long", "Try again, or ask for less."
_REQUEST = "The server did not accept the request", "Mend what it names."
_KEY = "The server did not accept the key", "Check which key is set."
_PERMISSION = "The key does not allow this", "Use one that does."
_MISSING = "The server does not have this", "Check the model's name and the address."
_LARGE = "The request is too large", "Send less."
_WINDOW = (
    "The request does not fit the model's context window",
    "Send less, or choose a model with a larger one.",
)
_POLICY = "The server's content policy stopped this", "Ask in another way."
_OTHER = "The server sent an error", ""

# By the types and codes that servers give, or the HTTP status that some give instead.
_FAILURES = {
    "overloaded_error": _OVERLOADED,
    "overloaded": _OVERLOADED,
    "server_overloaded": _OVERLOADED,
    "server_is_overloaded": _OVERLOADED,
    "service_unavailable": _OVERLOADED,
    "service_unavailable_error": _OVERLOADED,
    "serviceunavailableerror": _OVERLOADED,
    "503": _OVERLOADED,
    "529": _OVERLOADED,
    "rate_limit_error": _RATE,
    "rate_limit_exceeded": _RATE,
    "ratelimiterror": _RATE,
    "429": _RATE,
    "insufficient_quota": _QUOTA,
    "billing_error": _QUOTA,
    "402": _QUOTA,
    "api_error": _SERVER,
    "server_error": _SERVER,
    "internal_error": _SERVER,
    "generation": _SERVER,
    "incomplete_generation": _SERVER,
    "internal_server_error": _SERVER,
    "internalservererror": _SERVER,
    "500": _SERVER,
    "502": _SERVER,
    "timeout_error": _TIMEOUT,
    "timeout": _TIMEOUT,
    "408": _TIMEOUT,
    "504": _TIMEOUT,
    "invalid_request_error": _REQUEST,
    "invalid_prompt": _REQUEST,
    "validation": _REQUEST,
    "badrequesterror": _REQUEST,
    "400": _REQUEST,
    "422": _REQUEST,
    "authentication_error": _KEY,
    "invalid_api_key": _KEY,
    "401": _KEY,
    "permission_error": _PERMISSION,
    "403": _PERMISSION,
    "not_found_error": _MISSING,
    "model_not_found": _MISSING,
    "notfounderror": _MISSING,
    "404": _MISSING,
    "request_too_large": _LARGE,
    "413": _LARGE,
    "context_length_exceeded": _WINDOW,
    "exceed_context_size_error": _WINDOW,
    "content_filter": _POLICY,
    "content_policy_violation": _POLICY,
}


def stopped(reason: str, explanation: str = "") -> Stopped:
    """Why an answer ended.

    Args:
        reason: in the vendor's word, in capitals or not.
        explanation: what the server adds, if anything.
    """
    word = reason.lower()
    if word in _ORDINARY:
        return Stopped(reason)
    sentence = _STOPS.get(word, "The server ended the answer: {}.").format(reason)
    return Stopped(reason, f"{sentence} {explanation}".rstrip())


def cut_off() -> Stopped:
    """The stream ended, and the answer had not."""
    return Stopped(
        "cut_off",
        "The stream ended before the answer said that it is complete: it may be cut.",
    )


def failed(message: str, *kinds: object) -> Failed:
    """What the server says went wrong: what happened, its words, what to do.

    Args:
        message: the server's words.
        kinds: how it classes the error; the first that is known counts.
    """
    named = _named(kinds)
    known = (_FAILURES.get(kind.lower()) for kind in named)
    what, advice = next(filter(None, known), _OTHER)
    if named:
        what = f"{what} ({named[0]})"
    words = message.strip()
    if words and words[-1] not in ".!?":
        words += "."
    told = f"{what}: {words}" if words else f"{what}."
    return Failed(f"{told} {advice}".rstrip())


def classed_failure(message: str, *kinds: object) -> Failed:
    """Return the server's words alone, or as `failed` does where it classes the error
    in a way that is known."""
    if any(kind.lower() in _FAILURES for kind in _named(kinds)):
        return failed(message, *kinds)
    return Failed(message)


def _named(kinds: Sequence[object]) -> list[str]:
    return [str(kind) for kind in kinds if isinstance(kind, str | int) and kind]
