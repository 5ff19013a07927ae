"""Where events come from."""

from __future__ import annotations

import os
import re
from typing import Any

from ..sse.framing import DEFAULT_MAX_EVENT_SIZE
from ..sse.from_python.iteration import can_iterate
from ..text.sizes import parse_size
from .base import Source
from .http import HttpSource
from .iterables import IterableSource
from .recording import RecordedSource, ReplaySource

_REPLAY = "replay:"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(text: str) -> bool:
    """Whether this is meant as a URL, well-formed or not, or as `replay:FILE`."""
    return text.startswith(_REPLAY) or _SCHEME.match(text) is not None


def receiving(origin: str, max_event_size: int | str) -> dict[str, Any]:
    """Return what the source of an address is told, so that it takes in events of a
    size that is to be parsed: what is larger than 16 Mi ends a stream otherwise.

    Args:
        origin: the address.
        max_event_size: in characters, as a number or such as `32M`.

    Raises:
        ValueError: if it is not a size.
    """
    size = parse_size(max_event_size)
    if size <= DEFAULT_MAX_EVENT_SIZE or origin.startswith(_REPLAY):
        return {}
    return {"max_event_size": size}


def source_of(
    origin: Any,
    *,
    label: str | None = None,
    record: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Source:
    """The source for a URL, a recording, or what can be iterated: an iterable, an async
    iterable, or what becomes one when it is awaited or entered.

    Args:
        origin: what to follow; a Source is taken as it is.
        label: what to call it.
        record: a file to write every event to.
        options: how to connect, for a URL, see `HttpSource`; or how to play a
            recording, see `ReplaySource`.

    Raises:
        TypeError: if it is nothing that can be followed, or takes no options.
    """
    source = _source_of(origin, label, options)
    return source if record is None else RecordedSource(source, record)


def _source_of(origin: Any, label: str | None, options: dict[str, Any]) -> Source:
    if isinstance(origin, str) and origin.startswith(_REPLAY):
        return ReplaySource(origin.removeprefix(_REPLAY), **options)
    if isinstance(origin, str):
        if not is_address(origin):
            raise TypeError(
                f"Expected a URL such as https://host/events, got {origin!r}. "
                "Text itself is not a stream; put it in a list to stream it."
            )
        return HttpSource(origin, label=label, **options)
    if options:
        raise TypeError(
            f"Expected no {', '.join(sorted(options))}: these are for URLs, "
            f"and this is {_kind(origin)}."
        )
    if hasattr(origin, "batches") and hasattr(origin, "label"):
        source: Source = origin
        return source
    named = label or str(getattr(origin, "__name__", _kind(origin)))
    if can_iterate(origin):
        return IterableSource(origin, label=named)
    hint = " Call it to get its iterator." if callable(origin) else ""
    raise TypeError(
        f"Expected a URL, an iterator or an async iterator, got {_kind(origin)}.{hint}"
    )


def _kind(value: object) -> str:
    return type(value).__name__


__all__ = [
    "HttpSource",
    "IterableSource",
    "RecordedSource",
    "ReplaySource",
    "Source",
    "is_address",
    "receiving",
    "source_of",
]
