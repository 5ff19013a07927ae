"""Translate events into updates: one dialect for each wire format."""

from __future__ import annotations

from .anthropic import Anthropic
from .auto import Auto
from .base import Dialect, Format, Reread
from .home_made.dialect import HomeMade, PassThrough
from .openai import OpenAI
from .parts.common_events import CommonEvents
from .registry import formats
from .standard import Standard

AUTO, STANDARD = "auto", "standard"


def dialect_names() -> list[str]:
    """Return every value that `--dialect` accepts."""
    return sorted([AUTO, STANDARD, *(format.name for format in formats())])


def dialect_named(name: str) -> Dialect | Auto:
    """Create the dialect of that name for one stream.

    Raises:
        ValueError: if no dialect has that name.
    """
    if name == AUTO:
        return Auto()
    if name == STANDARD:
        return CommonEvents(Standard())
    for format in formats():
        if format.name == name:
            return CommonEvents(format.dialect())
    known = ", ".join(dialect_names())
    raise ValueError(f"Expected a dialect of {known}, got {name!r}.")


__all__ = [
    "AUTO",
    "STANDARD",
    "Anthropic",
    "Auto",
    "CommonEvents",
    "Dialect",
    "Format",
    "HomeMade",
    "OpenAI",
    "PassThrough",
    "Reread",
    "Standard",
    "dialect_named",
    "dialect_names",
    "formats",
]
