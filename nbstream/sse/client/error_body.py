"""What a server's refusal says: its status and its message, in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from ...errors import EventTooLarge
from ...text.visible import whole
from ..decoder import EventStreamDecoder

_SHOWN = 300
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SSE = re.compile(r"\s*(?:(?:data|event|id|retry) ?:|:)")
_RETRIED = frozenset({408, 425, 429})
# Statuses that are no fault of the request's, in plain words. 529 is no standard
# status, but Anthropic's and others' for just this.
_WORDS = {
    429: "the server's rate limit is reached",
    503: "the server is not available",
    529: "the server is overloaded",
}


def is_retried(status: int) -> bool:
    """Whether a later try may fare better."""
    return status in _RETRIED or 500 <= status <= 599


def refusal(status: int) -> str:
    """That a server refused, in words, such as `the server answered 500 Internal Server
    Error`."""
    if status in _WORDS:
        return f"{_WORDS[status]} ({status})"
    return f"the server answered {status_line(status)}"


def status_line(status: int) -> str:
    """The status with its usual phrase, such as `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def message_of(body: str, status: int) -> str:
    """The part of an error body that is meant for people, bounded.

    Understands the usual JSON shapes (`error.message`, `message`, `detail`,
    `title`), takes the words out of an HTML page and of an event stream, and leaves out
    what only repeats the status.
    """
    found = _in_events(body) if _SSE.match(body) else _in_text(body)
    words = whole(" ".join(found.split()))
    line = status_line(status)
    if words.lower() in (line.lower(), line.partition(" ")[2].lower()):
        return ""
    if words.lower().startswith(f"{line.lower()} "):
        words = words[len(line) :].lstrip()
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number or a date
    (RFC 9110, 10.2.3). None if there is none, or none that can be read."""
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


def _in_text(body: str) -> str:
    try:
        return _in_json(json.loads(body))
    except ValueError:
        return _in_page(body) if body.lstrip()[:1] == "<" else body
    except RecursionError:  # nested beyond reason: shown as it came
        return body


def _in_page(page: str) -> str:
    """The words of an HTML page. Most repeat their title in a heading."""
    title = _TITLE.search(page)
    rest = page if title is None else page.replace(title[0], " ", 1)
    words = " ".join(_TAGS.sub(" ", rest).split())
    named = "" if title is None else " ".join(_TAGS.sub(" ", title[1]).split())
    return words if named in words else f"{named} {words}"


def _in_events(body: str) -> str:
    """What the events of a stream say: those that are errors, else all."""
    try:
        events = EventStreamDecoder().feed(f"{body}\n\n".encode())
    except EventTooLarge:
        return body
    told = [event for event in events if event.data.strip() not in ("", "[DONE]")]
    errors = [e for e in told if e.event == "error" or '"error"' in e.data]
    return " ".join(dict.fromkeys(_in_text(e.data) for e in errors or told)) or body


def _in_json(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for key in ("error", "message", "detail", "title", "error_description"):
            if value.get(key):
                return _in_json(value[key])
    return json.dumps(value, ensure_ascii=False)
