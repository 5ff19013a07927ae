"""Read how to connect from the options of a line and the cell's body."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from IPython.core.error import UsageError

from ..sources import ConnectOptions
from ..sse.redaction.credentials import named_secrets
from .line.curl_options import BodyPart
from .line.options import RequestWords, StreamLine
from .request_headers import read_headers
from .template import fill, fill_body, find_names, read_file_named

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_PROXIES = ("http", "https", "socks5", "socks5h")


def read_connection(
    words: RequestWords, namespace: dict[str, Any], body: str
) -> ConnectOptions:
    """Return how to connect, with None for what the line does not give.

    Args:
        words: of the line.
        namespace: what `{name}` stands for; it is looked up again for the headers of
            each connect.
        body: the cell's body, if it is to be sent; else empty.

    Raises:
        UsageError: if an option is not what it should be, or two contradict.
    """
    content, content_type = _read_body(words, namespace, body)
    headers = read_headers(words, namespace, content_type)
    return ConnectOptions(
        method=words.request or ("GET" if words.get and content is None else None),
        headers=headers or None,
        content=content,
        verify=_read_verify(words, namespace),
        proxy=_read_proxy(words.proxy, namespace),
        retries=words.retries,
        idle_timeout=words.idle_timeout,
        follow=words.follow,
    )


def read_query(words: RequestWords, namespace: dict[str, Any]) -> str:
    """Return the data that `-G` puts into the URL; empty without it."""
    return _join_data(words, namespace) if words.get else ""


def find_secrets(line: StreamLine, namespace: dict[str, Any]) -> list[str]:
    """Return the values of the names in braces that are called secrets, such as
    `{token}`, wherever in the request they are."""
    words = line.request
    texts = [*line.source, *words.header, *words.cookie, *words.json, line.body]
    texts += [text for text in (words.user, words.user_agent, words.referer) if text]
    texts += [part.value for part in words.data]
    names = {name for text in texts for name in find_names(text)}
    values = {name: str(namespace[name]) for name in names if name in namespace}
    return sorted(s for pair in values.items() for s in named_secrets(*pair))


# -- the body --------------------------------------------------------------------


def _read_body(
    words: RequestWords, namespace: dict[str, Any], body: str
) -> tuple[str | None, str]:
    """Return the content, None without a body, and its type."""
    bodies: list[tuple[str, str]] = []
    if words.data and not words.get:
        bodies.append((_join_data(words, namespace), _FORM))
    if words.json:
        bodies.append((_join_json(words.json, namespace), _JSON))
    if body.strip():
        # IPython ends every cell with a newline that nobody typed.
        text, is_json = fill_body(body.removesuffix("\n"), namespace)
        bodies.append((text, _JSON if is_json else _TEXT))
    if len(bodies) > 1:
        raise UsageError("Expected one body: of -d, --json and the cell, give one.")
    return bodies[0] if bodies else (None, "")


def _join_data(words: RequestWords, namespace: dict[str, Any]) -> str:
    return "&".join(_fill_part(part, namespace) for part in words.data)


def _fill_part(part: BodyPart, namespace: dict[str, Any]) -> str:
    if part.kind == "raw":
        return fill(part.value, namespace)
    if part.kind == "data":
        content = _read_file(part.value, namespace)
        return fill(part.value, namespace) if content is None else content
    name, equals, value = part.value.partition("=")
    if equals:
        content = fill(value, namespace)
    else:
        name, at, file = part.value.partition("@")
        content = (
            _read_file(f"@{file}", namespace) if at else fill(part.value, namespace)
        )
        name = name if at else ""
    return f"{name}{'=' if name else ''}{quote(content or '', safe='')}"


def _join_json(values: Sequence[str], namespace: dict[str, Any]) -> str:
    """Return the values of `--json`, one after the other, as curl puts them."""
    files = [_read_file(value, namespace) for value in values]
    if not any(file is not None for file in files):
        return fill_body("".join(values), namespace)[0]
    parts = zip(files, values, strict=True)
    return "".join(fill_body(v, namespace)[0] if f is None else f for f, v in parts)


def _read_file(value: str, namespace: dict[str, Any]) -> str | None:
    """Return the text of the file of `@FILE`; None where the value is the data."""
    if value == "@-":
        raise UsageError(
            "Expected data or @FILE, got @-: a notebook has no standard input. "
            "Write the body below %%stream, or a variable's {name}."
        )
    try:
        return read_file_named(value, namespace)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Expected a file to send: {error}") from None


# -- the connection --------------------------------------------------------------


def _read_verify(
    words: RequestWords, namespace: dict[str, Any]
) -> ssl.SSLContext | bool | None:
    if words.insecure:
        return False
    if words.cacert is None:
        return None
    return _load_certificates(fill(words.cacert, namespace))


def _load_certificates(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise UsageError(
            f"Expected a file of certificates in PEM format after --cacert: {error}"
        ) from None


def _read_proxy(typed: str | None, namespace: dict[str, Any]) -> str | None:
    if typed is None:
        return None
    url = fill(typed, namespace)
    scheme, separator, _ = url.partition("://")
    if not separator:
        url = f"http://{url}"
    elif scheme not in _PROXIES:
        raise UsageError(
            f"Expected a proxy of {', '.join(_PROXIES)} after -x, got {scheme}."
        )
    return url
