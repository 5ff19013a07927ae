"""Read the headers of a request from the options of a line."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from IPython.core.error import UsageError

from ..errors import KeyMissing
from ..models import read_key
from ..text.sentences import end_sentence
from .line.options import RequestWords
from .line.words import Word
from .template import fill

Headers = Mapping[str, str]
ReadHeaders = Callable[[], Headers | Awaitable[Headers]]


def read_headers(
    words: RequestWords, namespace: dict[str, Any], content_type: str
) -> Headers | ReadHeaders:
    """Return the headers as a mapping; or, where they may change between two connects,
    as a function that reads them at each.

    Args:
        words: of the line.
        namespace: what `{name}` stands for.
        content_type: of the body; empty without one.

    Raises:
        UsageError: if one is not a header, or the key is missing.
    """
    if words.user is not None and words.key_env is not None:
        raise UsageError("Expected one way to log in: of -u and --key-env, give one.")

    def read() -> dict[str, str]:
        return _fill_headers(words, namespace, content_type)

    try:
        now = read()
    except (ValueError, KeyMissing) as error:
        raise UsageError(str(error)) from None
    if words.header_from is None:
        templates: list[str | None] = [*words.header, *words.cookie]
        templates += [words.user, words.user_agent, words.referer]
        changing = words.key_env is not None or any(
            fill(text, namespace) != text for text in templates if text is not None
        )
        return read if changing else now
    more = _find_function(words.header_from, namespace)
    if not now:
        return more

    async def read_both() -> Headers:
        made: Any = more()
        if inspect.isawaitable(made):
            made = await made
        # EventSource says what is wrong with anything else, by the function's name.
        both: Headers = _merge(read(), made) if isinstance(made, Mapping) else made
        return both

    read_both.__qualname__ = words.header_from
    return read_both


def _fill_headers(
    words: RequestWords, namespace: dict[str, Any], content_type: str
) -> dict[str, str]:
    """Return the headers as they are now. As with curl, `-H` has the last word.

    Raises:
        ValueError: if one is no header.
        KeyMissing: if the variable of `--key-env` is not set.
    """
    headers: dict[str, str] = {}
    if content_type:
        headers["Content-Type"] = content_type
    if words.user_agent is not None:
        headers["User-Agent"] = fill(words.user_agent, namespace)
    if words.referer is not None:
        headers["Referer"] = fill(words.referer, namespace).removesuffix(";auto")
    if words.cookie:
        headers["Cookie"] = "; ".join(_fill_cookies(words, namespace))
    if words.key_env is not None:
        headers["Authorization"] = f"Bearer {read_key(words.key_env)}"
    if words.user is not None:
        login = ":".join(_split_login(words.user, namespace)).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    given: dict[str, str] = {}
    for header in words.header:
        name, value = _split_header(fill(header, namespace), header)
        given = _merge(given, {name: value})
    headers = _merge(headers, given)
    # With curl, `-H 'X:'` takes a header away, and `-H 'X;'` sends it without a value.
    return {n.removesuffix(";"): v for n, v in headers.items() if v or n[-1:] == ";"}


def _split_header(text: str, typed: str) -> tuple[str, str]:
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


def _merge(headers: Headers, more: Headers) -> dict[str, str]:
    """Return both, where the later one counts, in whatever case its name is."""
    names = {name.lower() for name in more}
    kept = {n: v for n, v in headers.items() if n.lower() not in names}
    return {**kept, **more}


def _find_function(expression: str, namespace: dict[str, Any]) -> ReadHeaders:
    try:
        function = eval(expression, namespace)
    except Exception as error:
        expected = "Expected a function that returns headers after --header-from"
        raise UsageError(end_sentence(f"{expected}: {error}")) from None
    if not callable(function):
        raise UsageError(
            f"Expected a function that returns headers, got {expression}, which is "
            f"{type(function).__name__}. Give the function itself; it is called at "
            "each connect."
        )
    called: ReadHeaders = function
    return called


def _split_login(user: str, namespace: dict[str, Any]) -> tuple[str, str]:
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


def _fill_cookies(words: RequestWords, namespace: dict[str, Any]) -> list[str]:
    cookies = [fill(cookie, namespace).strip() for cookie in words.cookie]
    for cookie in cookies:
        if "=" not in cookie:
            raise ValueError(
                "Expected -b NAME=VALUE. Cookies are not read from a file."
            )
    return cookies
