"""From the options of a line to the headers of a request."""

from __future__ import annotations

import argparse
import base64
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from IPython.core.error import UsageError

from ..errors import KeyMissing
from ..models import read_key
from .template import fill
from .words import Word

Headers = Mapping[str, str]
ReadHeaders = Callable[[], Headers | Awaitable[Headers]]


def headers_typed(
    options: argparse.Namespace, namespace: dict[str, Any], content_type: str
) -> Headers | ReadHeaders:
    """Return the headers: as they are, or what reads them again at each connect where
    they may have changed by then.

    Args:
        options: of the line.
        namespace: what `{name}` stands for.
        content_type: of the body; empty without one.

    Raises:
        UsageError: if one is no header, or the key is missing.
    """
    if options.user is not None and options.key_env is not None:
        raise UsageError("Expected one way to log in: of -u and --key-env, give one.")

    def read() -> dict[str, str]:
        return _read_headers(options, namespace, content_type)

    try:
        now = read()
    except (ValueError, KeyMissing) as error:
        raise UsageError(str(error)) from None
    more = _header_function(options.header_from, namespace)
    if more is None:
        templates = [*options.header, *(options.cookie or ())]
        templates += [options.user, options.user_agent, options.referer]
        changing = options.key_env is not None or any(
            fill(text, namespace) != text for text in templates if text is not None
        )
        return read if changing else now
    if not now:
        return more

    async def read_both() -> Headers:
        made: Any = more()
        if inspect.isawaitable(made):
            made = await made
        # EventSource says what is wrong with anything else, by the function's name.
        both: Headers = _merged(read(), made) if isinstance(made, Mapping) else made
        return both

    read_both.__qualname__ = options.header_from
    return read_both


def _read_headers(
    options: argparse.Namespace, namespace: dict[str, Any], content_type: str
) -> dict[str, str]:
    """Return the headers as they are now. As with curl, `-H` has the last word.

    Raises:
        ValueError: if one is no header.
        KeyMissing: if the variable of `--key-env` is not set.
    """
    headers: dict[str, str] = {}
    if content_type:
        headers["Content-Type"] = content_type
    if options.user_agent is not None:
        headers["User-Agent"] = fill(options.user_agent, namespace)
    if options.referer is not None:
        headers["Referer"] = fill(options.referer, namespace).removesuffix(";auto")
    if options.cookie:
        headers["Cookie"] = "; ".join(_cookies(options, namespace))
    if options.key_env is not None:
        headers["Authorization"] = f"Bearer {read_key(options.key_env)}"
    if options.user is not None:
        login = ":".join(_login(options.user, namespace)).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    given: dict[str, str] = {}
    for header in options.header:
        name, value = _header(fill(header, namespace), header)
        given = _merged(given, {name: value})
    headers = _merged(headers, given)
    # With curl, `-H 'X:'` takes a header away, and `-H 'X;'` sends it without a value.
    return {n.removesuffix(";"): v for n, v in headers.items() if v or n[-1:] == ";"}


def _header(text: str, typed: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon and text.endswith(";"):
        return text.strip(), ""
    if typed.startswith("@"):
        raise ValueError(
            "Headers are not read from a file: write -H 'NAME: VALUE', or "
            "--header-from FUNCTION."
        )
    if not colon or not name.strip():
        # As it was typed, if that is known: what it stands for may be a secret.
        got = typed.raw if isinstance(typed, Word) else "one"
        raise ValueError(
            f"Expected a header as 'Name: value', got {got} without a colon."
        )
    return name.strip(), value.strip()


def _merged(headers: Headers, more: Headers) -> dict[str, str]:
    """Return both, where the later one counts, in whatever case its name is."""
    names = {name.lower() for name in more}
    kept = {n: v for n, v in headers.items() if n.lower() not in names}
    return {**kept, **more}


def _header_function(
    expression: str | None, namespace: dict[str, Any]
) -> ReadHeaders | None:
    if expression is None:
        return None
    try:
        function = eval(expression, namespace)
    except Exception as error:
        raise UsageError(
            f"Expected a function that returns headers after --header-from: {error}."
        ) from None
    if not callable(function):
        raise UsageError(
            f"Expected a function that returns headers, got {expression}, which is "
            f"{type(function).__name__}. Give the function itself; it is called at "
            "each connect."
        )
    called: ReadHeaders = function
    return called


def _login(user: str, namespace: dict[str, Any]) -> tuple[str, str]:
    if ":" in user:
        name, _, password = user.partition(":")
        return fill(name, namespace), fill(password, namespace)
    name, colon, password = fill(user, namespace).partition(":")
    if not colon:  # without what was typed: it may be a token
        raise ValueError(
            "Expected -u USER:PASSWORD, got no colon. A password is not asked for "
            "here: write -u USER:{password}, with the name of a variable."
        )
    return name, password


def _cookies(options: argparse.Namespace, namespace: dict[str, Any]) -> list[str]:
    cookies = [fill(cookie, namespace).strip() for cookie in options.cookie]
    for cookie in cookies:
        if "=" not in cookie:
            raise ValueError(
                "Expected -b NAME=VALUE. Cookies are not read from a file."
            )
    return cookies
