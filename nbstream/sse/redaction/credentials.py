"""Find the secrets of a request: in its headers, its URL and its body."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from .names import strength_of
from .shapes import is_opaque, is_random, vendor_key_in

MIN_LENGTH = 8
"""Characters: a shorter value is not redacted, for it may be an ordinary word."""
MIN_GIVEN_LENGTH = 4
"""The same for a value that the user declared to be a secret (`secrets=`)."""

_LOGINS = frozenset({"authorization", "proxy-authorization"})
# Schemes that other headers have before a credential, too.
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "key"})
_COOKIES = frozenset({"cookie", "set-cookie"})
# Bytes: a larger body is a text or a file, and searching it would take long.
_MAX_BODY = 1024 * 1024
_MASK = "***"


def named_secrets(name: str, value: str) -> Iterator[str]:
    """Yield the value if its name makes it a secret; after a weak name, only if it has
    the shape of one."""
    strength = strength_of(name)
    if len(value) >= MIN_LENGTH and (
        strength == "strong" or (strength == "weak" and is_opaque(value))
    ):
        yield value


def header_secrets(headers: Mapping[str, str]) -> set[str]:
    """Return the secrets of headers: credentials without their scheme (RFC 9110,
    11.6.2), the password of a basic login, and each cookie's value."""
    found: set[str] = set()
    for name, value in headers.items():
        lower = name.lower()
        if lower in _COOKIES:
            found.update(_cookie_secrets(value))
            continue
        found.update(named_secrets(name, value))
        if strength_of(name) == "strong":
            found.update(_login_secrets(value, any_scheme=lower in _LOGINS))
    return found


def url_secrets(url: str) -> set[str]:
    """Return the secrets of a URL: the password, the basic login made of it, and the
    values of parameters."""
    found: set[str] = set()
    with suppress(ValueError):  # not a URL, which connecting reports
        parts = urlsplit(url)
        for name, value in parse_qsl(parts.query):
            found.update(named_secrets(name, value))
        if parts.username or parts.password:
            found.update(_userinfo_secrets(parts.netloc.rpartition("@")[0]))
    return found


def body_secrets(content: bytes | None) -> set[str]:
    """Return the secrets of a body that is JSON or a form, by the names of its fields;
    of an array those of its objects."""
    if not content or len(content) > _MAX_BODY:
        return set()
    with suppress(ValueError, RecursionError):
        text = content.decode()
        try:
            fields: Any = _string_fields(json.loads(text))
        except ValueError:
            fields = parse_qsl(text)
        return {s for name, value in fields for s in named_secrets(name, value)}
    return set()


def holds_key(content: bytes | None) -> bool:
    """Return whether a body holds a secret, so that no other origin may get it."""
    if not content or len(content) > _MAX_BODY:
        return False
    text = content.decode("utf-8", "replace")
    return bool(body_secrets(content)) or vendor_key_in(text) is not None


def redact_url(url: str) -> str:
    """Return a URL for messages: `***` replaces user and password, and the values of
    parameters and parts of the path that are or may be secrets.

    The query of a malformed URL is left out.
    """
    try:
        parts = urlsplit(url)
        well_formed = parts.port is None or parts.port >= 0
    except ValueError:
        well_formed = False
    if not well_formed:
        head, at, tail = url.rpartition("@")
        scheme, separator, _ = head.partition("://")
        url = f"{scheme}{separator}{_MASK}@{tail}" if at else url
        return _redact_path(url.partition("?")[0].partition("#")[0])
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{_MASK}@{host}" if "@" in parts.netloc else host
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = parts.query
    if any(_is_secret(*pair) for pair in pairs):
        query = urlencode(
            [(n, _MASK if _is_secret(n, v) else v) for n, v in pairs], safe="*"
        )
    return urlunsplit((parts.scheme, netloc, _redact_path(parts.path), query, ""))


def _is_secret(name: str, value: str) -> bool:
    return bool(value) and (strength_of(name) != "none" or is_random(value))


def _redact_path(path: str) -> str:
    while found := vendor_key_in(path):
        path = path[: found.start()] + _MASK + path[found.end() :]
    return path


def _login_secrets(value: str, *, any_scheme: bool) -> Iterator[str]:
    """Yield the secrets of credentials behind their scheme."""
    scheme, _, credentials = value.strip().partition(" ")
    credentials = credentials.strip()
    if not any_scheme and scheme.lower() not in _SCHEMES:
        return
    if len(credentials) >= MIN_LENGTH:
        yield credentials
    if scheme.lower() == "basic":
        with suppress(binascii.Error, ValueError):
            login = base64.b64decode(credentials, validate=True).decode()
            yield from _user_and_password(*login.partition(":")[::2])
    elif "=" in credentials.rstrip("="):  # as with Digest and AWS4-HMAC-SHA256
        for pair in credentials.split(","):
            name, _, quoted = pair.strip().partition("=")
            yield from named_secrets(name, quoted.strip('"'))


def _userinfo_secrets(userinfo: str) -> Iterator[str]:
    """Yield the secrets of `user:password`, and the login that clients make of it."""
    user, _, password = userinfo.partition(":")
    user, password = unquote(user), unquote(password)
    yield base64.b64encode(f"{user}:{password}".encode()).decode()
    yield from _user_and_password(user, password)


def _user_and_password(user: str, password: str) -> Iterator[str]:
    if len(password) >= MIN_LENGTH:
        yield password
    if len(user) >= MIN_LENGTH and (not password or is_opaque(user)):
        yield user  # a key as the user name, as with Stripe


def _cookie_secrets(value: str) -> Iterator[str]:
    for pair in value.split(";"):
        _, _, cookie = pair.strip().partition("=")
        if len(cookie) >= MIN_LENGTH:
            yield cookie.strip('"')


def _string_fields(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the strings of a JSON value with their names, at any depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            for name, field in item.items():
                if isinstance(field, str):
                    yield name, field
                else:
                    waiting.append(field)
