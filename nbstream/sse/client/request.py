"""What is asked of the server: one request, its redirects, and its secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from .redaction import redacted

_SECRET_NAME = re.compile(
    r"auth|cookie|token|secret|passw|credential|signature|\bsig\b|api-?_?key|\bkey\b"
    r"|-key$|_key$",
    re.IGNORECASE,
)
_SAFE_METHODS = frozenset({"GET", "HEAD"})
# How many values of credentials that were replaced are still kept out of sight.
_FORMER_SECRETS = 32
_MAX_ID_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Request:
    """One request, before it is sent; values only."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    more_secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that a client adds by itself, and that must not be shown either."""
    former_secrets: tuple[str, ...] = field(default=(), repr=False)
    """Secrets of headers that have been replaced, the oldest first."""
    advice: Mapping[int, str] = field(default_factory=dict, repr=False)
    """What to do about a refusal, by its status, where it is known better than from
    the status alone."""

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
        return without_secrets(self.url)

    def scrubbed(self, text: str) -> str:
        """The text without this request's secrets: servers like to quote the key
        that they refuse."""
        return redacted(text, self.secrets())

    def secrets(self) -> list[str]:
        """The values that must not be shown, longest first: of headers and
        parameters whose names say so, and of a password in the URL."""
        found = _secrets_in(self.headers) | {*self.more_secrets, *self.former_secrets}
        with suppress(ValueError):  # it is no URL, and whoever connects will say so
            parts = urlsplit(self.url)
            found |= {v for n, v in parse_qsl(parts.query) if is_secret_name(n)}
            found.add(parts.password or "")
        return sorted((s for s in found if len(s) >= 4), key=len, reverse=True)

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """The request with other headers. The secrets of those before stay secrets:
        a server may still quote a key that has been replaced."""
        gone = _secrets_in(self.headers) - _secrets_in(headers)
        former = [s for s in self.former_secrets if s not in gone] + sorted(gone)
        return replace(
            self, headers=headers, former_secrets=tuple(former[-_FORMER_SECRETS:])
        )

    def redirected(self, status: int, location: str) -> Request:
        """The request that a redirect asks for (Fetch, HTTP-redirect fetch).

        Credentials are not carried to another origin, whatever they are called.
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
            headers = {k: v for k, v in headers.items() if not is_secret_name(k)}
        return replace(self, url=url, method=method, headers=headers, content=content)


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


def is_secret_name(name: str) -> bool:
    """Whether a header or parameter of this name is likely to hold a secret."""
    return _SECRET_NAME.search(name) is not None


def without_secrets(url: str) -> str:
    """The URL as it may be shown: no password, and no value of a parameter whose
    name says that it is a secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return url.partition("?")[0]
    netloc = f"***@{host}" if "@" in parts.netloc else host
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = parts.query
    if any(is_secret_name(name) for name, _ in pairs):
        query = urlencode(
            [(n, "***" if is_secret_name(n) else v) for n, v in pairs], safe="*"
        )
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


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


def _secrets_in(headers: Mapping[str, str]) -> set[str]:
    found = set()
    for name, value in headers.items():
        if is_secret_name(name):
            found |= {value, value.partition(" ")[2]}
    return found - {""}


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
