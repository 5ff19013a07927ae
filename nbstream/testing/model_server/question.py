"""What a model server was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from ..connection import Connection

Api = Literal["messages", "chat", "responses"]
"""Anthropic's Messages, OpenAI's Chat Completions and Responses."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for an answer, whether it got one or was refused."""

    number: int
    """0 for the server's first question, and so on."""
    api: Api
    body: Mapping[str, Any]
    """The request as it came, with all that the server does not know."""
    connection: Connection
    """Which tells whether, and when, the client left (`left`, `left_at`)."""

    @property
    def headers(self) -> httpx.Headers:
        """Of the request; names in any case."""
        return self.connection.request.headers

    @property
    def key(self) -> str:
        """The key that came with it, in whichever header; empty without one."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return str(self.headers.get("x-api-key") or bearer)

    @property
    def model(self) -> str:
        """The model that was asked for; empty if none was."""
        return str(self.body.get("model") or "")

    @property
    def stream(self) -> bool:
        """Whether a stream was asked for, or the whole answer at once."""
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> Sequence[Any]:
        """The conversation, as the API has it. A plain text as the `input` of
        Responses is one message of the user."""
        told = self.body.get("input" if self.api == "responses" else "messages")
        if isinstance(told, str):
            return [{"role": "user", "content": told}]
        return told if isinstance(told, list) else []

    @property
    def system(self) -> str:
        """What the model was told to be, wherever the API has it."""
        if self.api == "messages":
            return text_of(self.body.get("system"))
        if told := text_of(self.body.get("instructions")):
            return told
        roles = ("system", "developer")
        return "\n\n".join(text_of(m) for m in self.messages if _role(m) in roles)

    @property
    def prompt(self) -> str:
        """The text of the last message of the user."""
        said = [text_of(m) for m in self.messages if _role(m) == "user"]
        return said[-1] if said else ""

    @property
    def max_tokens(self) -> int | None:
        """How many tokens the answer may have; None if it may have any number."""
        names = {
            "messages": ("max_tokens",),
            "chat": ("max_completion_tokens", "max_tokens"),
            "responses": ("max_output_tokens",),
        }[self.api]
        told = (self.body.get(name) for name in names)
        return next((n for n in told if isinstance(n, int)), None)

    @property
    def all_text(self) -> str:
        """Every text of the question, to count its tokens."""
        texts = [self.system, *map(text_of, self.messages)]
        return "\n".join(filter(None, texts))


def text_of(content: Any) -> str:
    """The text of a message, or of its content, in any of the shapes they may have."""
    match content:
        case str():
            return content
        case list():
            return "".join(map(text_of, content))
        case {"content": inner} | {"text": inner}:
            return text_of(inner)
        case _:
            return ""


def _role(message: Any) -> str:
    return str(message.get("role", "")) if isinstance(message, Mapping) else ""
