"""Progress bars."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from sys import getsizeof
from typing import ClassVar, NotRequired, TypedDict

from ...limits import MAX_MESSAGE, Limits
from ...rendering.format import count, number
from ...rendering.html import scrolled, words
from ...text.clipping import clip_line, clip_name
from ...text.visible import visible_code
from ...updates import Progress
from ..wire import as_double

# Deeper than this, bars are not moved further in.
_DEEPEST = 6
_LONG_NAME = 60
_ENTRY = 450
"""Bytes that a bar takes beside its name and its message."""


@dataclass(slots=True)
class _Start:
    """When a bar began and where, and when it was last heard of."""

    at: float
    percent: float
    current: float
    latest: float


# `from`, the count that a bar began with, is a keyword of the language.
_From = TypedDict("_From", {"from": NotRequired[float]})


class Bar(_From):
    """One bar; what is not known is left out."""

    current: NotRequired[float]
    total: NotRequired[float]
    percent: NotRequired[float]
    message: NotRequired[str]
    elapsed: float
    """Seconds from the bar's beginning to this state of it."""
    first: float
    """The percent that it began with."""


class ProgressPayload(TypedDict):
    """Bars that changed, by name, after some have gone."""

    bars: dict[str, Bar]
    gone: NotRequired[list[str]]
    """Names of bars that are let go."""
    dropped: NotRequired[int]
    """How many were let go in all; not there if none were, or no more."""


class ProgressBlock:
    """The last state of each named progress.

    A bar carries how long it has been going and where it began, so that a page that
    comes late can work out the same ETA as one that was there from the start.
    """

    kind: ClassVar[str] = "progress"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.bars
        self._bars: dict[str, Progress] = {}
        self._starts: dict[str, _Start] = {}
        self.dropped = 0
        self.size = 0
        """About how many bytes of memory the bars hold."""
        self.brought = 0
        """How many of these the last update brought."""

    def add(self, update: Progress) -> ProgressPayload:
        name = clip_name(update.name)
        message = clip_line(update.message, MAX_MESSAGE)
        if name is not update.name or message is not update.message:
            update = replace(update, name=name, message=message)
        if update.total is not None and update.total < 0:
            update = replace(update, total=None)
        payload: ProgressPayload = {"bars": {}}
        before = self._bars.get(name)
        if before is not None and update.current is update.percent is None:
            # A message alone says nothing of how far it is: that stays.
            update = replace(before, message=update.message)
        if name not in self._bars and len(self._bars) >= self._limit:
            payload["gone"] = [self._drop_oldest()]
            payload["dropped"] = self.dropped
        self._time(update)
        self._bars[name] = update
        self.brought = _size_of(update)
        self.size += self.brought - (_size_of(before) if before else 0)
        payload["bars"][name] = self._told(update)
        return payload

    def line(self, name: str) -> str:
        """Return the bar of this name in words."""
        return line_of(self._bars[clip_name(name)])

    def let_go(self, excess: int) -> ProgressPayload | None:
        gone: list[str] = []
        target = self.size - excess
        while self._bars and self.size > target:
            gone.append(self._drop_oldest())
        if not gone:
            return None
        return {"bars": {}, "gone": gone, "dropped": self.dropped}

    def shrink(self, share: float) -> None:
        keep = int(len(self._bars) * share)
        while len(self._bars) > keep:
            self._drop_oldest()

    def _drop_oldest(self) -> str:
        oldest = next(iter(self._bars))
        self.size -= _size_of(self._bars.pop(oldest))
        del self._starts[oldest]
        self.dropped += 1
        return oldest

    @staticmethod
    def merge(payloads: Sequence[ProgressPayload]) -> ProgressPayload:
        bars: dict[str, Bar] = {}
        all_gone: list[str] = []
        merged: ProgressPayload = {"bars": bars}
        for payload in payloads:
            for name in payload.get("gone", ()):
                bars.pop(name, None)
                all_gone.append(name)
            bars |= payload["bars"]
            if "dropped" in payload:
                merged["dropped"] = payload["dropped"]  # in all
        if all_gone:
            # A bar may go and come again in between.
            merged["gone"] = [name for name in all_gone if name not in bars]
        return merged

    def state(self) -> ProgressPayload:
        bars = {name: self._told(bar) for name, bar in self._bars.items()}
        state: ProgressPayload = {"bars": bars}
        if self.dropped:
            state["dropped"] = self.dropped
        return state

    def plain(self) -> str:
        bars = [
            "  " * depth + line_of(bar, label) for bar, depth, label in self._nested()
        ]
        return "\n".join([*self._note(), *bars])

    def markdown(self) -> str:
        bars = [
            f"{'  ' * depth}- {words(line_of(bar, label))}"
            for bar, depth, label in self._nested()
        ]
        return "\n".join([*(f"{line}\n" for line in self._note()), *bars])

    def html(self) -> str:
        rows = []
        for bar, depth, label in self._nested():
            drawn_percent = percent_shown(bar, 1)
            done = drawn_percent == 100 and not _over(bar)
            colour = ' style="accent-color: #2f9e44"' if done else ""
            # Without a percent the element would move for ever, in a file.
            drawn = (
                f'<progress max="100" value="{drawn_percent:.1f}"{colour}></progress> '
                if drawn_percent is not None
                else ""
            )
            look = f"margin-left: {1.5 * min(depth, _DEEPEST):g}em" if depth else ""
            short = label
            if len(label) > _LONG_NAME:
                short = label[: _LONG_NAME - 1] + "…"
            rows.append(
                '<div class="nbstream-progress"'
                + (f' style="{look}"' if look else "")
                + (f' title="{escape(bar.name)}"' if short != bar.name else "")
                + f">{drawn}{_named(short)}{escape(line_of(bar, ''))}</div>"
            )
        notes = "".join(f"<p>{line}</p>" for line in self._note())
        return notes + scrolled("".join(rows))

    def _note(self) -> list[str]:
        if not self.dropped:
            return []
        return [f"[… {count(self.dropped, 'bar')} before these]"]

    def _time(self, update: Progress) -> None:
        """Note when this came; a bar that starts again starts its clock again."""
        now = time.monotonic()
        percent, current = update.percent or 0.0, update.current or 0.0
        start = self._starts.get(update.name)
        before = self._bars.get(update.name)
        if start is None or before is None or current < start.current:
            self._starts[update.name] = _Start(now, percent, current, now)
            return
        start.latest = now
        if update.total != before.total and update.total and update.current is not None:
            # Where it began is another share of another whole.
            start.percent = 100.0 * start.current / update.total
        elif percent < start.percent:
            self._starts[update.name] = _Start(now, percent, current, now)

    def _told(self, bar: Progress) -> Bar:
        start = self._starts[bar.name]
        told: Bar = {
            "elapsed": round(start.latest - start.at, 3),
            "first": start.percent,
        }
        if start.current:
            told["from"] = as_double(start.current)
        if bar.current is not None:
            told["current"] = as_double(bar.current)
        if bar.total is not None:
            told["total"] = as_double(bar.total)
        if bar.percent is not None:
            told["percent"] = bar.percent
        if bar.message:
            told["message"] = bar.message
        return told

    def _nested(self) -> list[tuple[Progress, int, str]]:
        tree = nested(list(self._bars))
        return [
            (self._bars[name], depth, visible_code(label))
            for name, depth, label in tree
        ]


def nested(names: list[str]) -> list[tuple[str, int, str]]:
    """Bars as a tree, as name, depth and label: each under the nearest bar that its
    name begins with (`run/epoch 3` under `run`), and called by the rest of it."""
    known = set(names)
    below: dict[str | None, list[tuple[str, str]]] = {}
    for name in names:
        parent, label = None, name
        for cut in re.finditer("/| › ", name):
            if (outer := name[: cut.start()]) and outer in known:
                parent, label = outer, name[cut.end() :]
        below.setdefault(parent, []).append((name, label))
    found: list[tuple[str, int, str]] = []
    waiting = [(name, 0, label) for name, label in reversed(below.get(None, []))]
    while waiting:
        name, depth, label = waiting.pop()
        found.append((name, depth, label))
        inner = reversed(below.get(name, []))
        waiting += [(n, depth + 1, rest) for n, rest in inner]
    return found


def percent_shown(bar: Progress, decimals: int) -> float | None:
    """Return a bar's percent rounded down: 100 only if it is complete. None if it is
    not known."""
    if bar.percent is None or bar.percent >= 100:
        return bar.percent
    scale = 10.0**decimals
    # The sum makes up for what floats lose.
    shown = math.floor(bar.percent * scale + 1e-9) / scale
    if shown < 100 or (bar.current or 0) >= (bar.total or math.inf):
        return shown
    return 100 - 1 / scale


def line_of(bar: Progress, label: str | None = None) -> str:
    """A bar in words, the same for the same state.

    Args:
        bar: the bar.
        label: what to call it; its name if it is not given.
    """
    parts = []
    if (percent := percent_shown(bar, 0)) is not None:
        parts.append(f"{percent:.0f} %")
    if bar.current is not None and bar.total is not None:
        parts.append(f"{number(bar.current)} of {number(bar.total)}")
    elif bar.current is not None:
        parts.append(number(bar.current))
    if over := _over(bar):
        parts.append(f"{number(over)} over")
    if bar.message:
        parts.append(bar.message)
    name = bar.name if label is None else label
    return ": ".join(filter(None, (name, ", ".join(parts))))


def _size_of(bar: Progress) -> int:
    return _ENTRY + getsizeof(bar.name) + getsizeof(bar.message)


def _named(label: str) -> str:
    # Apart, so that a name that is read from the right turns nothing else around.
    return f"<bdi>{escape(label)}</bdi>: " if label else ""


def _over(bar: Progress) -> float:
    """How far the count is past its total."""
    if bar.current is None or bar.total is None:
        return 0
    return max(float(bar.current) - bar.total, 0)
