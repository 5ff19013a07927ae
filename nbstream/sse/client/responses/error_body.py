"""Extract the message from the body of a refusal, in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from ....errors import EventTooLarge
from ....text.invisible_characters import join_surrogates
from ...decoder import EventStreamDecoder

_SHOWN = 300
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SSE = re.compile(r"\s*(?:(?:data|event|id|retry) ?:|:)")
# Statuses that are not the request's fault, in words. 529 is not a standard status:
# Anthropic and others send it for an overload.
_WORDS = {
    429: "the server's rate limit is reached",
    503: "the server is not available",
    529: "the server is overloaded",
}


def describe_refusal(status: int) -> str:
    """Return a refusal in words, such as `the server answered 500 Internal Server
    Error`."""
    if status in _WORDS:
        return f"{_WORDS[status]} ({status})"
    return f"the server answered {describe_status(status)}"


def describe_status(status: int) -> str:
    """Return the status with its phrase, such as `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def extract_message(body: str, status: int) -> str:
    """Return the part of an error body that is meant for people, in at most 300
    characters; empty if it only repeats the status.

    It is the message of the usual JSON shapes (`error.message`, `message`, `detail`,
    `title`), or the text of an HTML page or of an event stream.
    """
    found = _from_events(body) if _SSE.match(body) else _from_text(body)
    words = join_surrogates(" ".join(found.split()))
    line = describe_status(status)
    if words.lower() in (line.lower(), line.partition(" ")[2].lower()):
        return ""
    if words.lower().startswith(f"{line.lower()} "):
        words = words[len(line) :].lstrip()
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a `Retry-After` header, which is a number or a date
    (RFC 9110, 10.2.3); None if it is missing or malformed."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _from_text(body: str) -> str:
    try:
        return _from_json(json.loads(body))
    except ValueError:
        return _from_page(body) if body.lstrip()[:1] == "<" else body
    except RecursionError:  # nested too deeply: shown unparsed
        return body


def _from_page(page: str) -> str:
    """Return the text of an HTML page, its title once: most repeat it in a heading."""
    title = _TITLE.search(page)
    rest = page if title is None else page.replace(title[0], " ", 1)
    words = " ".join(_TAGS.sub(" ", rest).split())
    named = "" if title is None else " ".join(_TAGS.sub(" ", title[1]).split())
    return words if named in words else f"{named} {words}"


def _from_events(body: str) -> str:
    """Return the messages of a stream's error events; of all events if none is one."""
    try:
        events = EventStreamDecoder().feed(f"{body}\n\n".encode())
    except EventTooLarge:
        return body
    texts = [event for event in events if event.data.strip() not in ("", "[DONE]")]
    errors = [e for e in texts if e.event == "error" or '"error"' in e.data]
    return " ".join(dict.fromkeys(_from_text(e.data) for e in errors or texts)) or body


def _from_json(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for key in ("error", "message", "detail", "title", "error_description"):
            if value.get(key):
                return _from_json(value[key])
    return json.dumps(value, ensure_ascii=False)
