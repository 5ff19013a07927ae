"""ModelRequest: one request to a model, in terms that no vendor owns."""

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
class ModelRequest:
    """A question to a model, with the conversation before it. Fields that are None are
    left to the vendor."""

    model: str
    """The vendor's name of the model."""
    messages: tuple[Message, ...]
    """The conversation so far; the last message is the question."""
    system: str = ""
    """The system prompt."""
    max_tokens: int | None = None
    """The most tokens that the answer may take, its reasoning included."""
    temperature: float | None = None
    """The sampling temperature, in the vendor's range."""
    thinking: int | None = None
    """Tokens that the model may spend on reasoning before it answers."""
    schema: Schema | None = None
    """The JSON schema that the answer has to match."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the vendor's API; see `apply_params`."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a vendor."""

    base_url: str | None = None
    """Default: what the vendor's environment variable says, or else the vendor's own
    server."""
    api: Literal["chat", "responses"] = "chat"
    """Which of OpenAI's APIs to use: Chat Completions or Responses."""
    key_env: str | None = None
    """The environment variable that holds the key. Default: the vendor's own."""
    retries: int | None = None
    """How many times to try again, as `EventSource` takes it."""
    idle_timeout: float | None = None
    """Seconds without a byte after which an answer is given up. Default 600."""


def apply_params(body: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request body with further fields: objects are merged, and None removes a
    field."""
    merged = dict(body)
    for key, value in params.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            inner = merged.get(key)
            merged[key] = apply_params(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def merge_params(params: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, merged, where `given` takes precedence. None is kept, for
    `apply_params` to remove the field."""
    merged = dict(params)
    for key, value in given.items():
        inner = merged.get(key)
        if isinstance(value, Mapping) and isinstance(inner, dict):
            value = merge_params(inner, value)
        merged[key] = value
    return merged
