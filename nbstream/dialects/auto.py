"""The dialect of whoever speaks: known by the first event that is recognised."""

from __future__ import annotations

from collections.abc import Sequence

from ..sse import ServerSentEvent
from ..updates import Update
from .base import Dialect, Format
from .common_events import is_heartbeat, is_unknown, read_common
from .json_fields import value_of
from .registry import formats
from .standard import Standard


class Auto:
    """Reads a vendor's format from the first event on that is of one, and the standard
    protocol until then."""

    def __init__(self) -> None:
        self._standard = Standard()
        self._format: Format | None = None
        self._vendor: Dialect | None = None

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        if is_heartbeat(event):
            return ()
        unknown: Sequence[Update] | None = None
        if self._vendor is not None:
            unknown = self._vendor.read(event)
            if not is_unknown(unknown):
                return unknown
        updates = self._standard.read(event)
        if not is_unknown(updates):
            return updates if unknown is None else unknown
        value = value_of(event.data)
        for format in formats():
            if format is not self._format and format.recognises(event, value):
                self._format = format
                self._vendor = format.dialect()
                return self._vendor.read(event)
        common = read_common(event, value)
        return updates if common is None else common

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        return self._vendor.end() if self._vendor is not None else ()
