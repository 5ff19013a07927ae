"""The dialect of whoever speaks: known by the first event that is recognised.

Read in this order: our own `type`, a vendor's format, errors and ends in words, and
then what home-made events look like: progress, log, text, chart, table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Failed, Raw, Row, Text, Unrecognised, Update
from .base import Dialect, Format, Reread
from .home_made.dialect import HomeMade, Unknown
from .json.fields import text, value_of
from .parts.common_events import is_heartbeat, is_unknown, read_common
from .registry import formats
from .standard import OWN_TEXT_EVENTS, Standard


class Auto:
    """Reads each event by the format that it is of.

    A vendor's event that comes later switches over, whatever came before it.

    Args:
        unknown: reads events of no known format; by default by their shape.
    """

    def __init__(self, unknown: Unknown | None = None) -> None:
        self._standard = Standard()
        self._format: Format | None = None
        self._vendor: Dialect | None = None
        # Whether an event of the vendor's format meant something, as empty choices do
        # not: then what is of no known format is beside it.
        self._vendor_spoke = False
        self._unknown: Unknown = HomeMade() if unknown is None else unknown

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return what the event means, or what all events so far mean."""
        updates: Sequence[Update] | None
        if is_heartbeat(event):
            self._unknown.note(())
            return ()
        unknown: Sequence[Update] | None = None
        if self._vendor is not None:
            unknown = self._vendor.read(event)
            if not is_unknown(unknown):
                self._note_vendor(unknown)
                return unknown
        value = value_of(event.data)
        updates = self._known(event, value)
        if updates is None and unknown is not None and self._vendor_spoke:
            return unknown
        if updates is None:
            return self._unknown.read(event, value)
        self._unknown.note(updates)
        return updates

    def note(self, updates: Sequence[Update]) -> None:
        """Take note of what an event was shown as that is not read here."""
        self._unknown.note(updates)

    @property
    def remembered(self) -> int:
        """Characters of the events that the next one may cause to be read anew."""
        return self._unknown.remembered

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        rest = self._vendor.end() if self._vendor is not None else ()
        own = self._unknown.end()
        if self._vendor_spoke:  # what is beside a known format needs no advice
            own = [update for update in own if not isinstance(update, Unrecognised)]
        return (*own, *rest)

    def _known(self, event: ServerSentEvent, value: Any) -> Sequence[Update] | None:
        """What an event of a known format means; None if it is of none."""
        is_object = isinstance(value, dict)
        typed = is_object and bool(text(value.get("type")))
        # `done` is an end in a word that many say, and an item may be what an SDK gave.
        own = typed and value["type"] != "done" and event.event != "item"
        if own and (updates := self._standard.meaning(event, value)) is not None:
            return updates
        for format in formats():
            if format is not self._format and format.recognises(event, value):
                self._format, self._vendor = format, format.dialect()
                updates = self._vendor.read(event)
                self._vendor_spoke = False
                self._note_vendor(updates)
                # Before an error there is no other text to part from.
                fails = any(isinstance(update, Failed) for update in updates)
                return (*self._unknown.give_way(parted=not fails), *updates)
        if not is_object and event.event in OWN_TEXT_EVENTS:
            return self._standard.read(event)
        if is_object and (not typed or event.event == "item"):
            updates = self._standard.meaning(event, value)
            if updates is not None:
                return updates
        if self._unknown.is_row(value):
            return None  # in a table `error` and `done` are columns
        updates = read_common(event, value)
        return updates and [u for u in updates if not self._repeats(u)]

    def _note_vendor(self, updates: Sequence[Update]) -> None:
        if any(type(update) is not Raw for update in updates):
            self._vendor_spoke = True

    def _repeats(self, update: Update) -> bool:
        """Whether an end carries the whole of the text once more."""
        match update:
            case Text(said):
                return self._unknown.has_shown(said)
            case Row(dict() as fields):
                texts = [value for value in fields.values() if isinstance(value, str)]
                return len(texts) == 1 and self._unknown.has_shown(texts[0])
        return False
