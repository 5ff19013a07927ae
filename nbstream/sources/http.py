"""Events from an HTTP server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

from ..sse.framing import DEFAULT_MAX_EVENT_SIZE
from .base import Source, SourceOptions

if TYPE_CHECKING:
    import ssl

    from ..sse import Backoff
    from ..sse.client.requests.header_provider import HeadersArgument


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)  # it holds secrets
class ConnectOptions(SourceOptions):
    """How to connect to a URL. `EventSource`, which says what each option means, checks
    them and has the default of what is None here."""

    method: str | None = None
    headers: HeadersArgument | None = None
    content: str | bytes | None = None
    json: Any = None
    client: Any = None
    verify: ssl.SSLContext | bool | None = None
    proxy: str | None = None
    last_event_id: str | None = None
    retries: int | None = None
    follow: bool | None = None
    backoff: Backoff | None = None
    idle_timeout: float | None = None
    hint_after: float | None = None
    max_event_size: int | None = None
    strict: bool | None = None
    secrets: Sequence[str] | None = None
    advice: Mapping[int, str] | None = None

    @property
    def repeatable(self) -> bool:
        sends = self.content is not None or self.json is not None
        return (self.method or ("POST" if sends else "GET")).upper() == "GET"

    def with_secrets(self, secrets: Sequence[str]) -> Self:
        return replace(self, secrets=(*(self.secrets or ()), *secrets))

    def with_event_size(self, characters: int) -> Self:
        # An event past the limit of EventSource ends the stream.
        if self.max_event_size is not None or characters <= DEFAULT_MAX_EVENT_SIZE:
            return self
        return replace(self, max_event_size=characters)

    def given(self) -> dict[str, Any]:
        """Return the options that are given, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def open_http(url: str, options: ConnectOptions, label: str | None = None) -> Source:
    """Return the source of an http or https URL: an EventSource.

    Args:
        url: the URL.
        options: how to connect.
        label: the name to show; by default the URL without credentials.
    """
    # Its HTTP client is imported when the first URL is followed.
    from ..sse import EventSource

    return EventSource(url, label=label, **options.given())
