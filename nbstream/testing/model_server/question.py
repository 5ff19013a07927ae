"""The requests that a model server received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from ..connection import Connection

ApiName = Literal["messages", "chat", "responses"]
"""Anthropic's Messages, OpenAI's Chat Completions and Responses."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for an answer, refused ones included."""

    number: int
    """0 for the server's first question, and so on."""
    api: ApiName
    body: Mapping[str, Any]
    """The request's JSON body, unknown fields included."""
    connection: Connection
    """Its connection; `left` and `left_at` are whether and when the client left."""

    @property
    def headers(self) -> httpx.Headers:
        """The request's headers; names in any case."""
        return self.connection.request.headers

    @property
    def key(self) -> str:
        """The API key, from `x-api-key` or `Authorization`; empty without one."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return str(self.headers.get("x-api-key") or bearer)

    @property
    def model(self) -> str:
        """The requested model; empty without one."""
        return str(self.body.get("model") or "")

    @property
    def stream(self) -> bool:
        """Whether the request wants a stream, not the answer at once."""
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> Sequence[Any]:
        """The conversation, in the API's format. A plain text as the `input` of
        Responses is one message of the user."""
        messages = self.body.get("input" if self.api == "responses" else "messages")
        if isinstance(messages, str):
            return [{"role": "user", "content": messages}]
        return messages if isinstance(messages, list) else []

    @property
    def system(self) -> str:
        """The system prompt, from where the API has it; empty without one."""
        if self.api == "messages":
            return text_of(self.body.get("system"))
        if instructions := text_of(self.body.get("instructions")):
            return instructions
        roles = ("system", "developer")
        return "\n\n".join(text_of(m) for m in self.messages if _role_of(m) in roles)

    @property
    def prompt(self) -> str:
        """The text of the last message of the user."""
        texts = [text_of(m) for m in self.messages if _role_of(m) == "user"]
        return texts[-1] if texts else ""

    @property
    def max_tokens(self) -> int | None:
        """The tokens that the answer may have; None for any number."""
        names = {
            "messages": ("max_tokens",),
            "chat": ("max_completion_tokens", "max_tokens"),
            "responses": ("max_output_tokens",),
        }[self.api]
        limits = (self.body.get(name) for name in names)
        return next((n for n in limits if isinstance(n, int)), None)

    @property
    def all_text(self) -> str:
        """All text of the question, to count its tokens."""
        texts = [self.system, *map(text_of, self.messages)]
        return "\n".join(filter(None, texts))


def text_of(content: Any) -> str:
    """Return the text of a message, or of its content, in any of the APIs' shapes."""
    match content:
        case str():
            return content
        case list():
            return "".join(map(text_of, content))
        case {"content": inner} | {"text": inner}:
            return text_of(inner)
        case _:
            return ""


def _role_of(message: Any) -> str:
    return str(message.get("role", "")) if isinstance(message, Mapping) else ""
