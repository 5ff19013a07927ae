"""What a magic's line gives, as typed: names in braces are not yet filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .curl_options import BodyPart
from .words import Word


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestWords:
    """The options of an HTTP request, as curl has them; None or empty if not given."""

    request: str | None
    header: tuple[str, ...]
    data: tuple[BodyPart, ...]
    json: tuple[str, ...]
    get: bool
    user: str | None
    cookie: tuple[str, ...]
    user_agent: str | None
    referer: str | None
    proxy: str | None
    cacert: str | None
    insecure: bool
    header_from: str | None
    key_env: str | None
    """The environment variable of a bearer token, or of a model's key."""
    retries: int | None
    follow: bool | None
    idle_timeout: float | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModelWords:
    """The options of a question to a model; None or empty if not given."""

    model: str | None
    system: str
    max_tokens: int | None
    temperature: float | None
    thinking: int | None
    json_schema: str | None
    param: tuple[Mapping[str, Any], ...]
    chat: str | None
    api: Literal["chat", "responses"] | None
    base_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StreamLine:
    """The line of `%stream`, and the cell's body below it."""

    source: tuple[Word, ...]
    body: str
    """What is below the line; empty for a line by itself."""
    help: bool
    name: str | None
    wait: bool | None
    """Whether the cell waits for the stream; None for the default."""
    thread: bool | None
    record: str | None
    speed: float | None
    dialect: str | None
    view: str | None
    field: str | None
    max_time: float | None
    max_event_size: int | None
    request: RequestWords
    model: ModelWords
    only_for_urls: tuple[str, ...]
    """The options given that no model takes, as they are typed."""
    only_for_models: tuple[str, ...]
    """The options given that only a model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsLine:
    """The line of `%streams`; what is not given is None."""

    action: Literal["cancel", "show", "wait", "chat"] | None
    name: str | None
    """A stream's, or a conversation's."""
    chat_action: Literal["show", "clear", "export"] | None
    file: str | None
    help: bool
