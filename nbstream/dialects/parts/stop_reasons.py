"""Explain the stop reasons and the errors of all vendors in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...text.sentences import join_sentences
from ...updates import Failed, Stopped

# As `_normalise` spells them: MAX_TOKENS, max-tokens and maxTokens are one.
_TOOL_CALLS = frozenset({"tool_use", "tool_calls", "tool_call", "function_call"})
_ORDINARY = _TOOL_CALLS | {
    "end_turn",
    "end",
    "stop",
    "stop_sequence",
    "complete",
    "completed",
    "done",
    "finish",
    "finished",
    "eos",
    "eos_token",
    "word",
    # Ollama's, after a request that only loads or unloads a model.
    "load",
    "unload",
}

_CUT = "The answer was cut: "
_AT_LIMIT = (
    _CUT + "it reached the limit of output tokens ({}). Ask for more with --max-tokens."
)
_WINDOW_FULL = _CUT + (
    "question and answer fill the model's context window. Ask with less, or a model "
    "with a larger one."
)
_FILTERED = _CUT + "the server's content filter stopped it."
_STOPS = {
    "max_tokens": _AT_LIMIT,
    "length": _AT_LIMIT,
    "max_output_tokens": _AT_LIMIT,
    "limit": _AT_LIMIT,
    "refusal": "The model declined to answer.",
    "content_filter": _FILTERED,
    "content_filtered": _FILTERED,
    "safety": _FILTERED,
    "blocklist": _FILTERED,
    "prohibited_content": _FILTERED,
    "error_toxic": _FILTERED,
    "recitation": _CUT + "it repeated a source too closely.",
    "spii": _CUT + "it held what may be personal data.",
    "malformed_function_call": "The model asked for a tool in a way that cannot be "
    "read. Ask again.",
    "pause_turn": "The model paused a long turn. Send the conversation back, and it "
    "goes on.",
    "model_context_window_exceeded": _WINDOW_FULL,
    "error_limit": _WINDOW_FULL,
    "max_messages": _CUT + "it reached the limit of messages ({}).",
    "cancelled": "The answer was cancelled at the server.",
    "canceled": "The answer was cancelled at the server.",
    "model_length": _WINDOW_FULL,
    "insufficient_system_resource": _CUT + "the server was short of resources.",
    "timeout": _CUT + "the server took too long.",
    "language": _CUT + "the model does not support its language.",
    "abort": _CUT + "the server broke it off.",
    "aborted": _CUT + "the server broke it off.",
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

# By the type or code of the error, or the HTTP status that some servers send instead.
_FAILURES = {
    "overloaded_error": _OVERLOADED,
    "overloaded": _OVERLOADED,
    "validation": _REQUEST,
    "generation": _SERVER,
    "incomplete_generation": _SERVER,
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


def make_stop(reason: str, explanation: str = "") -> Stopped:
    """Return why an answer ended, with a sentence unless the end is an ordinary one.

    Args:
        reason: the vendor's stop reason; its spelling is kept.
        explanation: the server's own text, appended to the sentence.
    """
    name = _normalise(reason)
    if name in _ORDINARY:
        return Stopped(reason)
    sentence = _STOPS.get(name, "The server ended the answer: {}.").format(reason)
    return Stopped(reason, join_sentences(sentence, explanation))


def is_error(reason: str) -> bool:
    """True if the stop reason reports an error of the server."""
    return _normalise(reason) == "error"


def outweighs(reason: str, earlier: str) -> bool:
    """True if a reason has priority over an earlier one of the same answer.

    Some servers end the reasoning with `stop` and then the answer with `length`; or the
    answer with `tool_calls` and then the stream with `stop`.
    """
    return _rank(reason) > _rank(earlier)


def _rank(reason: str) -> int:
    """Return 0 if empty, 1 for an ordinary end, 2 for tool calls, 3 for any other."""
    name = _normalise(reason)
    if name in _TOOL_CALLS:
        return 2
    return (1 if name in _ORDINARY else 3) if name else 0


def _normalise(reason: str) -> str:
    """Return a reason in snake case: `max_tokens` for MAX_TOKENS, maxTokens and
    max-tokens."""
    snake_case = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", reason.strip())
    return re.sub(r"[-\s]+", "_", snake_case).lower()


def make_cut_off() -> Stopped:
    """Return the stop of an answer that had not ended when the stream did."""
    return Stopped(
        "cut_off",
        "The stream ended before the answer said that it is complete: it may be cut.",
    )


def make_failure(message: str, *kinds: object) -> Failed:
    """Return a failure in three parts: what happened, the server's message, advice.

    Args:
        message: the server's message.
        kinds: its types and codes of the error; the first known one counts.
    """
    given = _kinds_given(kinds)
    known = (_FAILURES.get(kind.lower()) for kind in given)
    what, advice = next(filter(None, known), _OTHER)
    if given:
        what = f"{what} ({given[0]})"
    message = message.strip()
    sentence = f"{what}: {message}" if message else what
    return Failed(join_sentences(sentence, advice))


def classify_failure(message: str, *kinds: object) -> Failed:
    """Return the result of `make_failure` if a type or code of the error is known; else
    a failure with the server's message alone."""
    known = [kind for kind in _kinds_given(kinds) if kind.lower() in _FAILURES]
    return make_failure(message, *known) if known else Failed(message)


def _kinds_given(kinds: Sequence[object]) -> list[str]:
    return [str(kind) for kind in kinds if isinstance(kind, str | int) and kind]
