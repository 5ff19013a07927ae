"""Rewrite links: only safe addresses, opened in a new tab; images and bare addresses
become links.

The twin is `frontend/src/markdown/rules/links.ts`; `tests/cases/markdown.json`
holds both to the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_SAFE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
# Chinese and Japanese punctuation, which has no space before it, ends an address.
_URL = re.compile(
    r"https?://[^\s<>\"`\\\u2018-\u201d\u2026\u3001-\u3003\u3008-\u3011\u3014-\u301f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+",
    re.IGNORECASE,
)
# Percent-encoding hides a host; the others are invalid in hosts.
_NOT_IN_HOSTS = frozenset("%^|\\<> \ufffd")
_AFTER_URL = "?!.,:;*_~'|]}"


def add_links(parser: MarkdownIt) -> None:
    """Add links to a parser."""
    # `_rewrite_links` decides instead, because it keeps the text of unsafe links.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.core.ruler.push("links", _rewrite_links)


def is_address(url: str) -> bool:
    """Check that a link may lead to a URL: http, https or mailto, with a readable
    host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises ValueError if it is invalid
        is_host = host != "" and _NOT_IN_HOSTS.isdisjoint(host)
        return bool(_SAFE.match(url)) and (is_host or parts.scheme == "mailto")
    except ValueError:  # such as `http://[x`
        return False


def _rewrite_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = _rewrite_children(token.children or [])


def _rewrite_children(children: list[Token]) -> list[Token]:
    made: list[Token] = []
    kept: list[bool] = []  # for each open link
    for token in children:
        if token.type == "link_open":
            kept.append(is_address(str(token.attrGet("href"))))
            if kept[-1]:
                made.append(_open_in_new_tab(token))
        elif token.type == "link_close":
            if kept.pop():
                made.append(token)
        elif token.type == "image":
            made += _replace_image(token, inside=any(kept))
        elif token.type == "text" and not kept:
            made += _link_addresses(token)
        else:
            made.append(token)
    return made


def _open_in_new_tab(link: Token) -> Token:
    """Open a link in a new tab that cannot access the notebook's page."""
    link.attrSet("target", "_blank")
    link.attrSet("rel", "noopener noreferrer")
    return link


def _replace_image(image: Token, inside: bool) -> list[Token]:
    """Replace an image by a link: loading it would reveal the reader to its server."""
    href = str(image.attrGet("src"))
    host = _host_of(href) if is_address(href) else ""
    words = " ".join(filter(None, ["image:", image.content, host and f"({host})"]))
    return [_new_text(words)] if inside or not host else _new_link(href, words)


def _host_of(href: str) -> str:
    """Return the host as written, with its port and without credentials."""
    return urlsplit(href).netloc.rpartition("@")[2]


def _link_addresses(token: Token) -> list[Token]:
    text = token.content
    if "://" not in text:
        return [token]
    made: list[Token] = []
    at = 0
    for found in _URL.finditer(text):
        url = _strip_punctuation(found[0])
        if is_address(url):
            made += [_new_text(text[at : found.start()]), *_new_link(url, url)]
            at = found.start() + len(url)
    return [*made, _new_text(text[at:])]


def _strip_punctuation(url: str) -> str:
    """Return an address without the punctuation of the sentence after it."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while True:
        last = url[end - 1]
        if last == ")" and unopened > 0:
            unopened -= 1
        elif last not in _AFTER_URL:
            return url[:end]
        end -= 1


def _new_text(words: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=words)


def _new_link(href: str, words: str) -> list[Token]:
    from markdown_it.token import Token

    link = Token("link_open", "a", 1, attrs={"href": href})
    return [_open_in_new_tab(link), _new_text(words), Token("link_close", "a", -1)]
