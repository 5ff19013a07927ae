"""What is asked of the server: one request, its redirects, and its secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from .credentials import (
    MIN_GIVEN_LENGTH,
    body_secrets,
    header_secrets,
    holds_key,
    shown,
    url_secrets,
)
from .redaction import Redactor, redactor_of

_SAFE_METHODS = frozenset({"GET", "HEAD"})
# How many values of credentials that were replaced are still kept out of sight.
_FORMER_SECRETS = 32
_MAX_ID_BYTES = 4096
# What is carried to another origin: Fetch's CORS-safelisted request headers, and those
# that say how to read and resume an event stream. None of them is a credential.
_CARRIED = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-language",
        "content-type",
        "last-event-id",
        "mcp-protocol-version",
        "range",
        "user-agent",
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request, before it is sent; values only."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    more_secrets: tuple[str, ...] = ()
    """Values that a client adds by itself, and that must not be shown either."""
    former_secrets: tuple[str, ...] = ()
    """Secrets of headers that have been replaced, the oldest first."""
    advice: Mapping[int, str] = field(default_factory=dict)
    """What to do about a refusal, by its status, where it is known better than from
    the status alone."""

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.shown_url}>"

    @property
    def safe(self) -> bool:
        """Whether repeating it changes nothing (RFC 9110, 9.2.1)."""
        return self.method in _SAFE_METHODS

    @property
    def accept(self) -> str:
        """The types to accept where the user names none. For JSON-RPC, both that a
        server may choose from (Model Context Protocol, Streamable HTTP)."""
        if _is_json_rpc(self.content):
            return "application/json, text/event-stream"
        return "text/event-stream"

    @property
    def shown_url(self) -> str:
        """The URL as it may be shown."""
        return self.redactor.text(shown(self.url))

    @property
    def redactor(self) -> Redactor:
        """What takes this request's secrets out: servers like to quote the key that
        they refuse."""
        return redactor_of(self.secrets())

    def scrubbed(self, text: str) -> str:
        """Return text without this request's secrets."""
        return self.redactor.text(text)

    def secrets(self) -> list[str]:
        """Return the values that must not be shown, longest first; `credentials` has
        which of a request are."""
        found = (
            header_secrets(self.headers)
            | url_secrets(self.url)
            | body_secrets(self.content)
            | {s for s in self.more_secrets if len(s) >= MIN_GIVEN_LENGTH}
            | {*self.former_secrets}
        )
        return sorted(found, key=lambda secret: (-len(secret), secret))

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """The request with other headers. The secrets of those before stay secrets:
        a server may still quote a key that has been replaced."""
        gone = header_secrets(self.headers) - header_secrets(headers)
        former = [s for s in self.former_secrets if s not in gone] + sorted(gone)
        return replace(
            self, headers=headers, former_secrets=tuple(former[-_FORMER_SECRETS:])
        )

    def redirected(self, status: int, location: str) -> Request:
        """The request that a redirect asks for (Fetch, HTTP-redirect fetch).

        To another origin only headers go that are known to be harmless, whatever the
        others are called: credentials have many names.

        Raises:
            CredentialInBody: if a body that holds a key would go to another origin.
            ValueError: if the location is no URL.
        """
        url = urljoin(self.url, location)
        method, content, headers = self.method, self.content, dict(self.headers)
        if (status in (301, 302) and method == "POST") or (
            status == 303 and not self.safe
        ):
            method, content = "GET", None
            headers = {k: v for k, v in headers.items() if not _about_body(k)}
        if origin(url) == origin(self.url):
            url = _with_credentials_of(self.url, url)
        else:
            headers = {k: v for k, v in headers.items() if is_carried(k)}
            if holds_key(content):
                raise CredentialInBody
        return replace(
            self,
            url=url,
            method=method,
            headers=headers,
            content=content,
            # What is not carried along is a secret still: the location may hold it.
            former_secrets=tuple(self.secrets()),
        )


class CredentialInBody(Exception):
    """Raised where a redirect would carry a body that holds a key to another origin."""


def request_of(
    url: str,
    method: str | None,
    content: Any,
    *,
    secrets: Sequence[str] = (),
    advice: Mapping[int, str] | None = None,
) -> Request:
    """Return the request for what a user gives, without headers: see `EventSource`.

    Raises:
        TypeError: if the content is neither str nor bytes.
    """
    content = body_of(content)
    return Request(
        url=url,
        method=(method or ("GET" if content is None else "POST")).upper(),
        content=content,
        more_secrets=tuple(secrets),
        advice=advice or {},
    )


def body_of(content: Any) -> bytes | None:
    """The body as bytes, which can be sent again.

    Raises:
        TypeError: if it is neither str nor bytes.
    """
    if content is None or isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytearray | memoryview):
        return bytes(content)
    raise TypeError(
        f"Expected content as str or bytes, got {type(content).__name__}. An iterator "
        "could not be sent again at a reconnect: read it whole first, for example with "
        "b''.join(…). A value to be sent as JSON goes into json=."
    )


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.scheme, parts.hostname, port)


def is_carried(header: str) -> bool:
    """Whether a header of this name may go to another origin with a redirect."""
    return header.lower() in _CARRIED


def last_event_id_header(last_event_id: str) -> bytes | None:
    """The id as a header can carry it, or None where none can.

    The standard sends the id's UTF-8 bytes. White space at the ends would be lost
    on the way, and control characters are refused.
    """
    value = last_event_id.strip(" \t").encode("utf-8", "surrogatepass")
    if not value or len(value) > _MAX_ID_BYTES:
        return None
    if any(byte < 0x20 or byte == 0x7F for byte in value):
        return None
    return value


def _is_json_rpc(content: bytes | None) -> bool:
    if content is None or b'"jsonrpc"' not in content:
        return False
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    calls = value if isinstance(value, list) else [value]
    return bool(calls) and all(
        isinstance(call, dict) and call.get("jsonrpc") == "2.0" for call in calls
    )


def _with_credentials_of(old: str, new: str) -> str:
    """The new URL with the user and password of the old one, if it has none."""
    userinfo, at, _ = urlsplit(old).netloc.rpartition("@")
    parts = urlsplit(new)
    if not at or "@" in parts.netloc:
        return new
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def _about_body(header: str) -> bool:
    return header.lower() in {
        "content-type",
        "content-length",
        "content-encoding",
        "content-language",
        "content-location",
        "transfer-encoding",
    }
