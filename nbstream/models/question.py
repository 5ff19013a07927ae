"""What is asked of a model, in no vendor's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from .schema import Schema


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with what came before it. What is None is left to the vendor."""

    model: str
    messages: tuple[Message, ...]
    """The conversation so far; the last one is the question."""
    system: str = ""
    max_tokens: int | None = None
    """The most tokens that the answer may take, its reasoning included."""
    temperature: float | None = None
    thinking: int | None = None
    """Tokens that the model may think before it answers."""
    schema: Schema | None = None
    """What the answer has to be, as JSON."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """More of the request, in the vendor's words; None takes a field away."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a vendor."""

    base_url: str | None = None
    """By default the vendor's, or what its environment variable says."""
    api: Literal["chat", "responses"] = "chat"
    """Which of OpenAI's formats to ask in."""
    key_env: str | None = None
    """The environment variable that holds the key; by default the vendor's own."""
    retries: int | None = None
    """As `EventSource` takes it."""
    idle_timeout: float | None = None
    """Seconds without a byte after which an answer is given up; default 600."""


def with_params(body: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The request with more of the vendor's own fields: objects are merged, and None
    takes a field away."""
    merged = dict(body)
    for key, value in params.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            inner = merged.get(key)
            merged[key] = with_params(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def more_params(params: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Both together, the later one first; here None is kept, for `with_params`."""
    merged = dict(params)
    for key, value in given.items():
        inner = merged.get(key)
        if isinstance(value, Mapping) and isinstance(inner, dict):
            value = more_params(inner, value)
        merged[key] = value
    return merged
