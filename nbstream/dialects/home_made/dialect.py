"""Events of no known format: shown as soon as they come, and read anew once where later
ones show that the first were something else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...sse import ServerSentEvent
from ...updates import Raw, Text, Unrecognised, Update
from ..base import Reread
from ..standard import Standard
from .interpretation import Interpretation, Reader, Seen, interpret

_FIRST_EVENTS = 20
_FIRST_SECONDS = 2.0
_FIRST_SIZE = 1_000_000
"""Characters of the first events together: they are remembered, and read again."""
# Heartbeats and the like mean nothing, and are not counted among the first events.
_MOST_REMEMBERED = 200
# So many events that nothing is known of, in a slow stream, call for advice.
_ENOUGH_UNKNOWN = 5
# Characters; whether an end repeats a longer text is not looked at.
_LONGEST_COMPARED = 100_000

ADVICE = "Not a shape I know; try --view table or --field NAME."


class Unknown(Protocol):
    """Reads the events of a stream that no known format has."""

    @property
    def remembered(self) -> int:
        """Characters of the events that the next one may cause to be read anew."""

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update] | Reread:
        """Return what an event means."""

    def note(self, updates: Sequence[Update]) -> None:
        """Take note of what an event of a known format meant."""

    def is_row(self, value: Any) -> bool:
        """Whether an object is one of several rows of a table."""

    def has_shown(self, text: str) -> bool:
        """Whether this is the text of all events so far."""

    def give_way(self, *, parted: bool) -> Sequence[Update]:
        """Return what is left to say before a known format takes over, whose text may
        have to be parted from the text so far."""

    def end(self) -> Sequence[Update]:
        """Return what is left to say at the end."""


class AsTheyCame:
    """Leaves events as they are: text as text, JSON raw. For a view that is to show
    them in its own way."""

    remembered = 0

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

    def give_way(self, *, parted: bool) -> Sequence[Update]:
        return ()

    def end(self) -> Sequence[Update]:
        return ()


class HomeMade:
    """Reads events by their shape.

    Until event 20, or 2 seconds after the first one, what they are is judged anew with
    each, and what is shown may be replaced once; from then on it is settled.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._judged = Interpretation()
        self._reader = Reader(self._judged)
        # The first events: what each meant, and those of them that are read here.
        self._readings: list[tuple[Update, ...]] = []
        self._seen: list[tuple[int, Seen]] = []
        self.remembered = 0
        """Characters of those that are read here."""
        self._counted = 0
        self._since: float | None = None
        self._settled = False
        self._replaced = False
        self._recognised = False
        self._raw = 0  # events that nothing is known of
        self._is_advised = False
        self._open_text = False
        self._text: list[str] = []
        self._text_size = 0

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update] | Reread:
        """Return what an event means, or what all so far mean."""
        if self._settled or self._is_time_up():
            updates = self._noted(tuple(self._reader.read(event, value)))
            return self._advised(updates, _ENOUGH_UNKNOWN)
        self._seen.append((len(self._readings), (event, value)))
        self.remembered += len(event.data)
        judged = interpret([seen for _, seen in self._seen])
        if judged != self._judged:
            anew = self._read_anew(judged)
            if anew is not None:
                return anew
        updates = tuple(self._reader.read(event, value))
        self._readings.append(updates)
        return self._noted(updates)

    def _read_anew(self, judged: Interpretation) -> Sequence[Update] | Reread | None:
        """Read the first events as they are judged now. None where they were replaced
        before: then they stay as they are shown."""
        reader = Reader(judged)
        anew = [tuple(reader.read(*seen)) for _, seen in self._seen]
        shown = [self._readings[place] for place, _ in self._seen[:-1]]
        changed = anew[:-1] != shown
        if changed and self._replaced:
            return None
        self._judged, self._reader = judged, reader
        self._readings.append(anew[-1])
        if not changed:
            return self._noted(anew[-1])
        self._replaced = True
        for (place, _), updates in zip(self._seen, anew, strict=True):
            self._readings[place] = updates
        readings = tuple(self._readings)
        self._recognised = any(map(_is_known, readings))
        self._text, self._text_size = [], 0
        for updates in readings[:-1]:
            self._remember(updates)
        self._noted(readings[-1])
        return Reread(readings)

    def note(self, updates: Sequence[Update]) -> None:
        """Take note of what an event of a known format meant."""
        if not self._settled:
            self._readings.append(tuple(updates))
            self._noted(updates)
        self._open_text = False

    def is_row(self, value: Any) -> bool:
        """Whether an object is one of several rows of a table."""
        return self._reader.is_row(value)

    def has_shown(self, text: str) -> bool:
        """Whether this is the text of all events so far."""
        if not text.strip() or self._text_size > _LONGEST_COMPARED:
            return False
        return "".join(self._text).strip() == text.strip()

    def give_way(self, *, parted: bool) -> Sequence[Update]:
        """Return what is left to say before a known format takes over."""
        self._recognised = True
        rest = self._advised(self._reader.end())
        self._settle()
        return (*rest, Text("\n\n")) if parted and self._open_text else rest

    def end(self) -> Sequence[Update]:
        """Return what is left to say at the end."""
        return self._advised(self._reader.end())

    def _noted(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Count an event, and see whether the first ones are over."""
        self._recognised = self._recognised or _is_known(updates)
        # A hint says more than the advice would.
        self._raw += any(type(u) is Raw and not u.hint for u in updates)
        self._remember(updates)
        if self._settled:
            return updates
        if updates:
            self._counted += 1
            if self._since is None and self._seen:
                self._since = self._clock()
        first = self._counted < _FIRST_EVENTS and self.remembered < _FIRST_SIZE
        if first and len(self._readings) < _MOST_REMEMBERED:
            return updates
        self._settle()
        return self._advised(updates)

    def _advised(self, updates: Sequence[Update], enough: int = 1) -> Sequence[Update]:
        """Return the updates, with advice once where nothing so far is known; it is
        taken back where something then is."""
        if self._is_advised and self._recognised:
            self._is_advised = False
            return (*updates, Unrecognised(""))
        if self._is_advised or self._recognised or self._raw < enough:
            return updates
        self._is_advised = True
        return (*updates, Unrecognised(ADVICE))

    def _remember(self, updates: Sequence[Update]) -> None:
        """Remember the text that is shown."""
        for update in updates:
            if type(update) is Text and update.text:
                self._open_text = not update.text.endswith("\n")
                self._text_size += len(update.text)
                if self._text_size <= _LONGEST_COMPARED:
                    self._text.append(update.text)

    def _is_time_up(self) -> bool:
        if self._since is not None and self._clock() - self._since > _FIRST_SECONDS:
            self._settle()
        return self._settled

    def _settle(self) -> None:
        self._settled = True
        self._readings, self._seen, self.remembered = [], [], 0


def _is_known(updates: Sequence[Update]) -> bool:
    return any(type(update) is not Raw for update in updates)
