"""Where events come from: one file a kind of source, one row in SCHEMES an address."""

from __future__ import annotations

from .base import Source, SourceOptions, find_leftover
from .http import ConnectOptions, open_http
from .iterables import IterableSource
from .recorded import RecordedSource
from .replay import ReplayOptions, ReplaySource
from .schemes import SCHEMES, Scheme, find_scheme, read_options, source_of

__all__ = [
    "SCHEMES",
    "ConnectOptions",
    "IterableSource",
    "RecordedSource",
    "ReplayOptions",
    "ReplaySource",
    "Scheme",
    "Source",
    "SourceOptions",
    "find_leftover",
    "find_scheme",
    "open_http",
    "read_options",
    "source_of",
]
