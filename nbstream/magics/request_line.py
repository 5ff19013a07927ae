"""From the options of a line and the cell's body to how to connect."""

from __future__ import annotations

import argparse
import ssl
from typing import Any
from urllib.parse import quote

from IPython.core.error import UsageError

from ..sse.redaction.credentials import named_secrets
from .curl_options import Piece
from .request_headers import headers_typed
from .template import file_named, fill, fill_body, names_in

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_PROXIES = ("http", "https", "socks5", "socks5h")


def connection_typed(
    options: argparse.Namespace, namespace: dict[str, Any], cell: str | None
) -> dict[str, Any]:
    """Return how to connect, as `EventSource` takes it; only what was asked for.

    Args:
        options: of the line.
        namespace: what `{name}` stands for; it is looked up again for the headers of
            each connect.
        cell: the cell's body, if it is to be sent.

    Raises:
        UsageError: if an option does not say what it should, or two say the same.
    """
    connect: dict[str, Any] = {}
    content, content_type = _body(options, namespace, cell)
    if content is not None:
        connect["content"] = content
    headers = headers_typed(options, namespace, content_type)
    if headers:
        connect["headers"] = headers
    method = options.request or ("GET" if options.get and content is None else None)
    if method is not None:
        connect["method"] = method
    if options.insecure:
        connect["verify"] = False
    elif options.cacert is not None:
        connect["verify"] = _certificates(fill(options.cacert, namespace))
    if options.proxy is not None:
        connect["proxy"] = _proxy(fill(options.proxy, namespace))
    for key in ("retries", "idle_timeout", "speed", "follow"):
        if (value := getattr(options, key)) is not None:
            connect[key] = value
    return connect


def query_typed(options: argparse.Namespace, namespace: dict[str, Any]) -> str:
    """Return the data that `-G` puts into the URL; empty without it."""
    return _data(options, namespace) if options.get and options.data else ""


def secrets_named(
    options: argparse.Namespace, namespace: dict[str, Any], cell: str | None
) -> list[str]:
    """Return the values of the names in braces that are called secrets, such as
    `{token}`, wherever in the request they stand."""
    texts = [*options.source, *options.header, *(options.cookie or ()), cell]
    texts += [options.user, options.user_agent, options.referer, *(options.json or ())]
    texts += [piece.value for piece in options.data or ()]
    names = {name for text in texts if text is not None for name in names_in(text)}
    values = {name: str(namespace[name]) for name in names if name in namespace}
    return sorted(s for pair in values.items() for s in named_secrets(*pair))


# -- the body --------------------------------------------------------------------


def _body(
    options: argparse.Namespace, namespace: dict[str, Any], cell: str | None
) -> tuple[str | None, str]:
    """Return the body, None if there is none, and its type."""
    bodies: list[tuple[str, str]] = []
    if options.data is not None and not options.get:
        bodies.append((_data(options, namespace), _FORM))
    if options.json is not None:
        bodies.append((_json(options.json, namespace), _JSON))
    if cell is not None and cell.strip():
        # IPython ends every cell with a newline that nobody typed.
        text, is_json = fill_body(cell.removesuffix("\n"), namespace)
        bodies.append((text, _JSON if is_json else _TEXT))
    if len(bodies) > 1:
        raise UsageError("Expected one body: of -d, --json and the cell, give one.")
    return bodies[0] if bodies else (None, "")


def _data(options: argparse.Namespace, namespace: dict[str, Any]) -> str:
    pieces: list[Piece] = options.data
    return "&".join(_piece(piece, namespace) for piece in pieces)


def _piece(piece: Piece, namespace: dict[str, Any]) -> str:
    if piece.kind == "raw":
        return fill(piece.value, namespace)
    if piece.kind == "data":
        content = _file(piece.value, namespace)
        return fill(piece.value, namespace) if content is None else content
    name, equals, value = piece.value.partition("=")
    if equals:
        content = fill(value, namespace)
    else:
        name, at, file = piece.value.partition("@")
        content = _file(f"@{file}", namespace) if at else fill(piece.value, namespace)
        name = name if at else ""
    return f"{name}{'=' if name else ''}{quote(content or '', safe='')}"


def _json(values: list[str], namespace: dict[str, Any]) -> str:
    """Return the values of `--json`, which curl puts one after the other."""
    files = [_file(value, namespace) for value in values]
    if not any(file is not None for file in files):
        return fill_body("".join(values), namespace)[0]
    parts = zip(files, values, strict=True)
    return "".join(fill_body(v, namespace)[0] if f is None else f for f, v in parts)


def _file(value: str, namespace: dict[str, Any]) -> str | None:
    """Return what is in the file of `@FILE`; None where the value is the data."""
    if value == "@-":
        raise UsageError(
            "Expected data or @FILE, got @-: a notebook has no standard input. "
            "Write the body below %%stream, or a variable's {name}."
        )
    try:
        return file_named(value, namespace)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Expected a file to send: {error}") from None


# -- the connection --------------------------------------------------------------


def _certificates(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:
        raise UsageError(
            f"Expected a file of certificates in PEM format after --cacert: {error}"
        ) from None


def _proxy(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    if not separator:
        url = f"http://{url}"
    elif scheme not in _PROXIES:
        raise UsageError(
            f"Expected a proxy of {', '.join(_PROXIES)} after -x, got {scheme}."
        )
    return url
