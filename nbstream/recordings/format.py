"""Format and parse the lines of a recording: JSON lines in UTF-8.

The first line has the source and the start, each further one an event with the seconds
since the start, and the last how the stream ended:

    {"nbstream": 1, "source": "https://host/x", "started": "2026-11-22T13:00:00+00:00"}
    {"t": 0.213, "data": "…"}
    {"t": 0.254, "event": "progress", "data": "…", "id": "7", "retry": 3000}
    {"t": 9.001, "finished": true}

or `"cancelled": true`, or `"failed": "…"` with the error message. A recording without
such a last line is truncated: the kernel was killed, the disk was full, or it is from a
version that wrote only `failed`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..sse import ServerSentEvent
from .flat_json import LARGE, parse_flat

VERSION = 1
_LONGEST = 10 * 366 * 86400.0
"""Ten years, in seconds: a longer time cannot have been measured."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a recording."""

    t: float
    """Seconds since the start."""
    event: ServerSentEvent


@dataclass(frozen=True, slots=True)
class End:
    """How the stream of a recording ended."""

    t: float
    """Seconds since the start."""
    how: Literal["finished", "cancelled", "failed"]
    message: str = ""
    """The error message of a stream that failed."""


def header_line(source: str, started: datetime) -> bytes:
    """Return the first line.

    Args:
        source: the label of the source, without secrets.
        started: the start.
    """
    when = started.isoformat(timespec="milliseconds")
    return _line({"nbstream": VERSION, "source": source, "started": when})


def event_line(recorded: Event) -> bytes:
    """Return the line of an event."""
    event = recorded.event
    line: dict[str, Any] = {"t": recorded.t}
    if event.event != "message":
        line["event"] = event.event
    line["data"] = event.data
    if event.id:
        line["id"] = event.id
    if event.retry is not None:
        line["retry"] = event.retry
    return _line(line)


def end_line(end: End) -> bytes:
    """Return the last line."""
    return _line({"t": end.t, end.how: end.message if end.how == "failed" else True})


def read_header(line: bytes) -> None:
    """Check the first line.

    Raises:
        ValueError: if it is not the first line of a recording that can be read here.
            The message says why; it is empty where the line is explanation enough.
    """
    version = _object(line).get("nbstream")
    if not _is_whole(version):
        raise ValueError("")
    if version != VERSION:
        raise ValueError(f"of another version than {VERSION}, which can be read here")


def is_header(line: bytes) -> bool:
    """Return whether this is the first line of a recording, of any version."""
    try:
        return _is_whole(_object(line).get("nbstream"))
    except ValueError:
        return False


def read_line(line: bytes) -> Event | End:
    """Parse any other line.

    Raises:
        ValueError: as `read_header`, if it is not a line of a recording.
    """
    message = _object(line)
    t: Any = message.get("t")
    if "nbstream" in message:
        raise ValueError("a second first line")
    if not _is_number(t):
        raise ValueError("t is not a number" if "t" in message else "")
    if not 0 <= t <= _LONGEST:  # or NaN
        raise ValueError("t is not within ten years from the start")
    if message.get("finished") is True:
        return End(float(t), "finished")
    if message.get("cancelled") is True:
        return End(float(t), "cancelled")
    if "failed" in message:
        return End(float(t), "failed", _text(message, "failed", ""))
    if "data" not in message:
        raise ValueError("")
    retry = message.get("retry")
    if retry is not None and (not _is_whole(retry) or retry < 0):
        raise ValueError("retry is not a whole number")
    event = ServerSentEvent(
        event=_text(message, "event", "message"),
        data=_text(message, "data", ""),
        id=_text(message, "id", ""),
        retry=retry,
    )
    return Event(float(t), event)


def _line(message: dict[str, Any]) -> bytes:
    # A lone surrogate has no UTF-8.
    return (json.dumps(message, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _object(line: bytes) -> dict[str, Any]:
    if line.startswith(b"\xef\xbb\xbf"):
        raise ValueError("it begins with a byte order mark")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if not text.strip():
        raise ValueError("empty")
    if len(text) > LARGE:
        return parse_flat(text)
    try:
        message = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except ValueError:
        raise ValueError("") from None
    if not isinstance(message, dict):
        raise ValueError("")
    return message


def _text(message: dict[str, Any], key: str, default: str) -> str:
    value = message.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
