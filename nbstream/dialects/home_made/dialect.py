"""Read events of no known format: show them at once, and reinterpret the first events
once if later ones give them another meaning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...sse import ServerSentEvent
from ...updates import Raw, Text, Unrecognised, Update
from ..base import Reread
from ..standard import Standard
from .interpretation import Interpretation, ParsedEvent, Reader, interpret

_TRIAL_EVENTS = 20
_TRIAL_SECONDS = 2.0
_TRIAL_SIZE = 1_000_000
"""Characters of the events that are buffered to be reinterpreted."""
# Also bounds events without updates, such as heartbeats, which do not count as events.
_MAX_BUFFERED = 200
# After so many unknown events of a slow stream, the advice is shown.
_UNKNOWN_FOR_ADVICE = 5
# Characters; a longer text is not compared with the text of an end event.
_MAX_COMPARED = 100_000

ADVICE = "Not a shape I know; try --view table or --field NAME."


class FallbackReader(Protocol):
    """Read the events of a stream that have no known format."""

    @property
    def buffered(self) -> int:
        """Characters of the buffered events, which the next one may reinterpret."""

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update] | Reread:
        """Return the updates of an event, or new updates for all events so far."""

    def note(self, updates: Sequence[Update]) -> None:
        """Note the updates of an event that was read elsewhere."""

    def is_row(self, value: Any) -> bool:
        """True for an object that is one of several rows of a table."""

    def has_shown(self, text: str) -> bool:
        """True if this is the text of all events so far."""

    def hand_over(self, *, separate: bool) -> Sequence[Update]:
        """Return the updates that were held back, before a known format takes over.

        Args:
            separate: add a blank line after an unfinished line of text.
        """

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back, at the end of the stream."""


class PassThrough:
    """Return events without interpretation: text as text, JSON raw. `--view` uses it to
    show them in its own way."""

    buffered = 0

    def __init__(self) -> None:
        self._standard = Standard()

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        return self._standard.read(event)

    def note(self, updates: Sequence[Update]) -> None:
        pass

    def is_row(self, value: Any) -> bool:
        return False

    def has_shown(self, text: str) -> bool:
        return False

    def hand_over(self, *, separate: bool) -> Sequence[Update]:
        return ()

    def end(self) -> Sequence[Update]:
        return ()


class HomeMade:
    """Read events by their shape.

    Until event 20, or for 2 seconds after the first one, each event reinterprets all of
    them, and the updates shown so far may be replaced once. Then the interpretation is
    final.

    Args:
        clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._interpretation = Interpretation()
        self._reader = Reader(self._interpretation)
        # The updates of each of the first events; and, by index, the events read here.
        self._readings: list[tuple[Update, ...]] = []
        self._buffer: list[tuple[int, ParsedEvent]] = []
        self.buffered = 0
        """Characters of the buffered events, which the next one may reinterpret."""
        self._event_count = 0
        self._started_at: float | None = None
        self._is_final = False
        self._was_replaced = False
        self._has_meaning = False
        self._raw_count = 0  # events without a known meaning
        self._has_advised = False
        self._text_is_open = False
        self._text: list[str] = []
        self._text_size = 0

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update] | Reread:
        """Return the updates of an event, or new updates for all events so far."""
        if self._is_final or self._check_time():
            updates = self._count_event(tuple(self._reader.read(event, value)))
            return self._with_advice(updates, _UNKNOWN_FOR_ADVICE)
        self._buffer.append((len(self._readings), (event, value)))
        self.buffered += len(event.data)
        interpretation = interpret([seen for _, seen in self._buffer])
        if interpretation != self._interpretation:
            reread = self._reinterpret(interpretation)
            if reread is not None:
                return reread
        updates = tuple(self._reader.read(event, value))
        self._readings.append(updates)
        return self._count_event(updates)

    def _reinterpret(
        self, interpretation: Interpretation
    ) -> Sequence[Update] | Reread | None:
        """Read the first events with a new interpretation. None if their updates were
        replaced before: then they keep the old one."""
        reader = Reader(interpretation)
        reread = [tuple(reader.read(*seen)) for _, seen in self._buffer]
        shown = [self._readings[place] for place, _ in self._buffer[:-1]]
        changed = reread[:-1] != shown
        if changed and self._was_replaced:
            return None
        self._interpretation, self._reader = interpretation, reader
        self._readings.append(reread[-1])
        if not changed:
            return self._count_event(reread[-1])
        self._was_replaced = True
        for (place, _), updates in zip(self._buffer, reread, strict=True):
            self._readings[place] = updates
        readings = tuple(self._readings)
        self._has_meaning = any(map(_is_understood, readings))
        self._text, self._text_size = [], 0
        for updates in readings[:-1]:
            self._add_text(updates)
        self._count_event(readings[-1])
        return Reread(readings)

    def note(self, updates: Sequence[Update]) -> None:
        """Note the updates of an event that was read elsewhere."""
        if not self._is_final:
            self._readings.append(tuple(updates))
            self._count_event(updates)
        self._text_is_open = False

    def is_row(self, value: Any) -> bool:
        """True for an object that is one of several rows of a table."""
        return self._reader.is_row(value)

    def has_shown(self, text: str) -> bool:
        """True if this is the text of all events so far."""
        if not text.strip() or self._text_size > _MAX_COMPARED:
            return False
        return "".join(self._text).strip() == text.strip()

    def hand_over(self, *, separate: bool) -> Sequence[Update]:
        """Return the updates that were held back, before a known format takes over."""
        self._has_meaning = True
        rest = self._with_advice(self._reader.end())
        self._end_trial()
        return (*rest, Text("\n\n")) if separate and self._text_is_open else rest

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back, at the end of the stream."""
        return self._with_advice(self._reader.end())

    def _count_event(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Count an event; make the interpretation final after the first ones."""
        self._has_meaning = self._has_meaning or _is_understood(updates)
        # A hint is more specific than the advice.
        self._raw_count += any(type(u) is Raw and not u.hint for u in updates)
        self._add_text(updates)
        if self._is_final:
            return updates
        if updates:
            self._event_count += 1
            if self._started_at is None and self._buffer:
                self._started_at = self._clock()
        in_trial = self._event_count < _TRIAL_EVENTS and self.buffered < _TRIAL_SIZE
        if in_trial and len(self._readings) < _MAX_BUFFERED:
            return updates
        self._end_trial()
        return self._with_advice(updates)

    def _with_advice(
        self, updates: Sequence[Update], min_raw: int = 1
    ) -> Sequence[Update]:
        """Return the updates, with advice once if no event so far was understood; it is
        withdrawn after the first that is."""
        if self._has_advised and self._has_meaning:
            self._has_advised = False
            return (*updates, Unrecognised(""))
        if self._has_advised or self._has_meaning or self._raw_count < min_raw:
            return updates
        self._has_advised = True
        return (*updates, Unrecognised(ADVICE))

    def _add_text(self, updates: Sequence[Update]) -> None:
        """Keep the text that is shown, for `has_shown`."""
        for update in updates:
            if type(update) is Text and update.text:
                self._text_is_open = not update.text.endswith("\n")
                self._text_size += len(update.text)
                if self._text_size <= _MAX_COMPARED:
                    self._text.append(update.text)

    def _check_time(self) -> bool:
        if (
            self._started_at is not None
            and self._clock() - self._started_at > _TRIAL_SECONDS
        ):
            self._end_trial()
        return self._is_final

    def _end_trial(self) -> None:
        self._is_final = True
        self._readings, self._buffer, self.buffered = [], [], 0


def _is_understood(updates: Sequence[Update]) -> bool:
    return any(type(update) is not Raw for update in updates)
