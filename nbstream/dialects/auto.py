"""Detect the format of a stream from its events (`--dialect auto`).

An event is matched in this order: the standard protocol's `type`, a vendor's format,
errors and ends that all formats share, then the shape of home-made events: progress,
log, text, chart, table. docs/formats.md has the whole order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Failed, Raw, Row, Text, Unrecognised, Update
from .base import Dialect, Format, Reread
from .home_made.dialect import FallbackReader, HomeMade
from .json.fields import text, value_of
from .parts.common_events import is_heartbeat, is_unknown, read_common
from .registry import formats
from .standard import OWN_TEXT_EVENTS, Standard


class Auto:
    """Read each event in the format that it is recognised as.

    The first event of a vendor's format selects the dialect; an event that only another
    format has switches to that one.

    Args:
        fallback: reads events of no known format; by default `HomeMade`, by shape.
    """

    def __init__(self, fallback: FallbackReader | None = None) -> None:
        self._standard = Standard()
        self._format: Format | None = None
        self._vendor: Dialect | None = None
        # True after an event of the vendor's format with updates other than `Raw`:
        # from then on, events of no known format are left to the vendor's dialect.
        self._vendor_has_meaning = False
        self._fallback: FallbackReader = HomeMade() if fallback is None else fallback

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return the updates of the event, or new updates for all events so far."""
        updates: Sequence[Update] | None
        if is_heartbeat(event):
            self._fallback.note(())
            return ()
        unknown: Sequence[Update] | None = None
        if self._vendor is not None:
            unknown = self._vendor.read(event)
            if not is_unknown(unknown):
                self._note_vendor_updates(unknown)
                return unknown
        value = value_of(event.data)
        updates = self._read_known(event, value)
        if updates is None and unknown is not None and self._vendor_has_meaning:
            return unknown
        if updates is None:
            return self._fallback.read(event, value)
        self._fallback.note(updates)
        return updates

    def note(self, updates: Sequence[Update]) -> None:
        """Note the updates of an event that was not read here (it was too large)."""
        self._fallback.note(updates)

    @property
    def buffered(self) -> int:
        """Characters of the buffered events, which the next one may reinterpret."""
        return self._fallback.buffered

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back, and those of a truncated answer."""
        rest = self._vendor.end() if self._vendor is not None else ()
        own = self._fallback.end()
        if self._vendor_has_meaning:  # the format is known: no advice is needed
            own = [update for update in own if not isinstance(update, Unrecognised)]
        return (*own, *rest)

    def _read_known(
        self, event: ServerSentEvent, value: Any
    ) -> Sequence[Update] | None:
        """Return the updates of an event of a known format; None if it has none."""
        is_object = isinstance(value, dict)
        typed = is_object and bool(text(value.get("type")))
        # `done` is an end in many formats, and an item may be an object of an SDK.
        own = typed and value["type"] != "done" and event.event != "item"
        if own and (updates := self._standard.read_message(event, value)) is not None:
            return updates
        for format in formats():
            if format is not self._format and format.recognises(event, value):
                self._format, self._vendor = format, format.dialect()
                updates = self._vendor.read(event)
                self._vendor_has_meaning = False
                self._note_vendor_updates(updates)
                # An error is shown apart, so the text before it needs no blank line.
                fails = any(isinstance(update, Failed) for update in updates)
                return (*self._fallback.hand_over(separate=not fails), *updates)
        if not is_object and event.event in OWN_TEXT_EVENTS:
            return self._standard.read(event)
        if is_object and (not typed or event.event == "item"):
            updates = self._standard.read_message(event, value)
            if updates is not None:
                return updates
        if self._fallback.is_row(value):
            return None  # in a table, `error` and `done` are columns
        updates = read_common(event, value)
        return updates and [u for u in updates if not self._is_repeated_text(u)]

    def _note_vendor_updates(self, updates: Sequence[Update]) -> None:
        if any(type(update) is not Raw for update in updates):
            self._vendor_has_meaning = True

    def _is_repeated_text(self, update: Update) -> bool:
        """True for text or a row that repeats all the text shown so far."""
        match update:
            case Text(content):
                return self._fallback.has_shown(content)
            case Row(dict() as fields):
                texts = [value for value in fields.values() if isinstance(value, str)]
                return len(texts) == 1 and self._fallback.has_shown(texts[0])
        return False
