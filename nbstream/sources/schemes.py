"""Which source opens which address: one row in SCHEMES a kind of address.

A new source is one file, with its class and the dataclass of its options, and one row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from ..sse.from_python.iteration import can_iterate
from .base import Source, SourceOptions
from .http import ConnectOptions, open_http
from .iterables import IterableSource
from .recorded import RecordedSource
from .replay import ReplayOptions, open_replay

O = TypeVar("O", bound=SourceOptions)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Scheme(Generic[O]):
    """How the addresses that begin alike are opened."""

    options: type[O]
    """The dataclass of what a user may set, each field with a default."""
    open: Callable[[str, O, str | None], Source]
    """Opens an address, with these options and this label, None for its own."""


_HTTP = Scheme(ConnectOptions, open_http)

SCHEMES: dict[str, Scheme[Any]] = {
    "http://": _HTTP,
    "https://": _HTTP,
    "replay:": Scheme(ReplayOptions, open_replay),
}
"""Every kind of address, by how it begins."""

_UNKNOWN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def find_scheme(text: str) -> Scheme[Any] | None:
    """Return the scheme of an address, well-formed or not; None for other text.

    Raises:
        ValueError: if it is an address of a scheme that is not known.
    """
    start = text[:32].lower()
    for beginning, scheme in SCHEMES.items():
        if start.startswith(beginning):
            return scheme
    if (unknown := _UNKNOWN.match(text)) is None:
        return None
    # Without the rest of the address, which may hold a secret.
    raise ValueError(
        f"Nothing opens {unknown[0]}: expected a URL like https://host/path, or an "
        f"address that begins with one of {', '.join(SCHEMES)}."
    )


def read_options(origin: Any, given: Mapping[str, Any]) -> SourceOptions | None:
    """Return the options of what is to be followed; None where it has none.

    Args:
        origin: an address, or what can be iterated.
        given: the options by name.

    Raises:
        TypeError: if the source takes no option of a name.
        ValueError: if an option is not what it should be.
    """
    scheme = find_scheme(origin) if isinstance(origin, str) else None
    if scheme is None:
        if given and not isinstance(origin, str):
            raise TypeError(
                f"Expected no {', '.join(sorted(given))}: these are for URLs, "
                f"and this is {_kind(origin)}."
            )
        return None
    known = [field.name for field in fields(scheme.options)]
    if wrong := sorted(given.keys() - known):
        raise TypeError(
            f"Expected no {', '.join(wrong)}: this address takes {', '.join(known)}."
        )
    options: SourceOptions = scheme.options(**given)
    return options


def source_of(
    origin: Any,
    options: SourceOptions | None = None,
    *,
    label: str | None = None,
    record: str | os.PathLike[str] | None = None,
) -> Source:
    """Return the source for an address, or for what can be iterated: an iterable, an
    async iterable, or what becomes one when it is awaited or entered.

    Args:
        origin: what to follow; a Source is taken as it is, unless it is an iterator.
        options: of the address, as `read_options` returns them.
        label: the name to show.
        record: a file to write every event to.

    Raises:
        TypeError: if it cannot be followed.
        ValueError: if it is an address of a scheme that is not known.
    """
    source = _source_of(origin, options, label)
    return source if record is None else RecordedSource(source, record)


def _source_of(origin: Any, options: SourceOptions | None, label: str | None) -> Source:
    if isinstance(origin, str):
        scheme = find_scheme(origin)
        if scheme is None:
            raise TypeError(
                f"Expected a URL such as https://host/events, got {origin!r}. "
                "Text itself is not a stream; put it in a list to stream it."
            )
        return scheme.open(origin, options or scheme.options(), label)
    is_source = hasattr(origin, "batches") and hasattr(origin, "label")
    # Of an iterator, which an EventSource is too, some events may be read.
    if is_source and not hasattr(origin, "__anext__"):
        source: Source = origin
        return source
    if can_iterate(origin):
        named = label or str(getattr(origin, "__name__", _kind(origin)))
        return IterableSource(origin, label=named)
    hint = " Call it to get its iterator." if callable(origin) else ""
    raise TypeError(
        f"Expected a URL, an iterator or an async iterator, got {_kind(origin)}.{hint}"
    )


def _kind(value: object) -> str:
    return type(value).__name__
