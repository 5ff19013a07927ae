"""A request as a value: its URL, headers and body, and the secrets in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from ...redaction import Redactor, redactor_of
from ...redaction.credentials import (
    MIN_GIVEN_LENGTH,
    body_secrets,
    header_secrets,
    holds_key,
    redact_url,
    url_secrets,
)

_SAFE_METHODS = frozenset({"GET", "HEAD"})
# How many replaced credentials are still redacted.
_FORMER_SECRETS = 32
_MAX_ID_BYTES = 4096
# The headers that may be sent to another origin: Fetch's CORS-safelisted request
# headers, and those for reading and resuming an event stream. None is a credential.
_FORWARDED = frozenset(
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
    """Secrets that the request itself does not hold, such as a proxy's password."""
    former_secrets: tuple[str, ...] = ()
    """Secrets of headers that were replaced, the oldest first."""
    advice: Mapping[int, str] = field(default_factory=dict)
    """What the user can do about a refusal, by HTTP status."""

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.display_url}>"

    @property
    def safe(self) -> bool:
        """True if repeating the request changes nothing on the server (RFC 9110,
        9.2.1)."""
        return self.method in _SAFE_METHODS

    @property
    def accept(self) -> str:
        """The `Accept` header, unless the user gives one. For JSON-RPC it names both
        types of an answer (Model Context Protocol, Streamable HTTP)."""
        if _is_json_rpc(self.content):
            return "application/json, text/event-stream"
        return "text/event-stream"

    @property
    def display_url(self) -> str:
        """The URL without credentials, for messages."""
        return self.redactor.text(redact_url(self.url))

    @property
    def redactor(self) -> Redactor:
        """The redactor of this request's secrets: servers quote the key that they
        refuse."""
        return redactor_of(self.secrets())

    def redact(self, text: str) -> str:
        """Return text without this request's secrets."""
        return self.redactor.text(text)

    def secrets(self) -> list[str]:
        """Return the values to redact, longest first; see `redaction.credentials`."""
        found = (
            header_secrets(self.headers)
            | url_secrets(self.url)
            | body_secrets(self.content)
            | {s for s in self.more_secrets if len(s) >= MIN_GIVEN_LENGTH}
            | {*self.former_secrets}
        )
        return sorted(found, key=lambda secret: (-len(secret), secret))

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """Return the request with other headers. The secrets of the old ones are still
        redacted: a server may quote a key that has been replaced."""
        replaced = header_secrets(self.headers) - header_secrets(headers)
        former = [s for s in self.former_secrets if s not in replaced]
        former += sorted(replaced)
        return replace(
            self, headers=headers, former_secrets=tuple(former[-_FORMER_SECRETS:])
        )

    def redirect(self, status: int, location: str) -> Request:
        """Return the request that a redirect leads to (Fetch, HTTP-redirect fetch).

        Another origin gets only headers that are known to be harmless, since
        credentials have many names.

        Args:
            status: 301, 302, 303, 307 or 308.
            location: the `Location` header, absolute or relative.

        Raises:
            CredentialInBody: if another origin would get a body that holds a key.
            ValueError: if the location is not a URL.
        """
        url = urljoin(self.url, location)
        method, content, headers = self.method, self.content, dict(self.headers)
        if (status in (301, 302) and method == "POST") or (
            status == 303 and not self.safe
        ):
            method, content = "GET", None
            headers = {k: v for k, v in headers.items() if not _describes_body(k)}
        if parse_origin(url) == parse_origin(self.url):
            url = _keep_userinfo(self.url, url)
        else:
            headers = {k: v for k, v in headers.items() if may_forward(k)}
            if holds_key(content):
                raise CredentialInBody
        return replace(
            self,
            url=url,
            method=method,
            headers=headers,
            content=content,
            # Still secret if it is not sent along: the location may hold it.
            former_secrets=tuple(self.secrets()),
        )


class CredentialInBody(Exception):
    """Raised if a redirect would send a body that holds a key to another origin."""


def build_request(
    url: str,
    method: str | None,
    content: Any,
    *,
    secrets: Sequence[str] = (),
    advice: Mapping[int, str] | None = None,
) -> Request:
    """Return the request for the arguments of `EventSource`, without headers.

    Raises:
        TypeError: if the content is neither str nor bytes.
    """
    content = encode_body(content)
    return Request(
        url=url,
        method=(method or ("GET" if content is None else "POST")).upper(),
        content=content,
        more_secrets=tuple(secrets),
        advice=advice or {},
    )


def encode_body(content: Any) -> bytes | None:
    """Return a body as bytes, which can be sent again; None for no body.

    Raises:
        TypeError: if the content is neither str nor bytes.
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


def parse_origin(url: str) -> tuple[str, str | None, int | None]:
    """Return the scheme, host and port of a URL; the port is the scheme's default
    unless the URL names one, and None if neither is known.

    Raises:
        ValueError: if it is not a URL.
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.scheme, parts.hostname, port)


def may_forward(header: str) -> bool:
    """Return whether a redirect may send a header of this name to another origin."""
    return header.lower() in _FORWARDED


def encode_last_event_id(last_event_id: str) -> bytes | None:
    """Return the value of a `Last-Event-ID` header, or None if a header cannot hold
    the id: it is empty, over 4 KB, or has control characters.

    The value is the id in UTF-8 (WHATWG HTML 9.2.3). White space at its ends would be
    lost on the way, and is left out.
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


def _keep_userinfo(old: str, new: str) -> str:
    """Return the new URL, with the old one's user and password if it has none."""
    userinfo, at, _ = urlsplit(old).netloc.rpartition("@")
    parts = urlsplit(new)
    if not at or "@" in parts.netloc:
        return new
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def _describes_body(header: str) -> bool:
    return header.lower() in {
        "content-type",
        "content-length",
        "content-encoding",
        "content-language",
        "content-location",
        "transfer-encoding",
    }
