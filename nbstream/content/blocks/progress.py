"""Progress bars."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from sys import getsizeof
from typing import ClassVar, NotRequired, TypedDict

from ...limits import MAX_MESSAGE, Limits
from ...rendering.format import format_count
from ...rendering.html import escape_markdown, scroll_box
from ...text.clipping import clip_line, clip_name
from ...text.invisible_characters import escape_invisible_in_code
from ...updates import Progress
from ..wire import as_double
from .progress_format import format_bar, get_excess, nest_names, round_down_percent

_MAX_INDENT = 6
"""Levels of nesting that are indented; deeper bars are not indented further."""
_MAX_LABEL = 60
_ENTRY = 450
"""Bytes of a bar without its name and its message."""


@dataclass(slots=True)
class _Start:
    """When a bar began, with which values, and when it last changed."""

    at: float
    percent: float
    current: float
    latest: float


# `from`, the count that a bar began with, is a keyword of Python.
_From = TypedDict("_From", {"from": NotRequired[float]})


class Bar(_From):
    """One bar; unknown values are left out."""

    current: NotRequired[float]
    total: NotRequired[float]
    percent: NotRequired[float]
    message: NotRequired[str]
    elapsed: float
    """Seconds from the bar's beginning to this state of it."""
    first: float
    """The percent that it began with."""


class ProgressPayload(TypedDict):
    """Bars that changed, by name; applied after evictions."""

    bars: dict[str, Bar]
    gone: NotRequired[list[str]]
    """Names of evicted bars."""
    dropped: NotRequired[int]
    """How many were evicted in all; missing if that is zero or did not change."""


class ProgressBlock:
    """The last state of each named bar.

    A bar includes its elapsed time and its first values, so that a page that opens late
    computes the same ETA as one that was open from the start.
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
        self.added_size = 0
        """How many of these the last update added."""

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
            # A message alone does not change the count.
            update = replace(before, message=update.message)
        if name not in self._bars and len(self._bars) >= self._limit:
            payload["gone"] = [self._drop_oldest()]
            payload["dropped"] = self.dropped
        self._update_start(update)
        self._bars[name] = update
        self.added_size = _size_of(update)
        self.size += self.added_size - (_size_of(before) if before else 0)
        payload["bars"][name] = self._make_payload(update)
        return payload

    def line(self, name: str) -> str:
        """Return the bar of this name as a line of text."""
        return format_bar(self._bars[clip_name(name)])

    def evict(self, excess: int) -> ProgressPayload | None:
        evicted: list[str] = []
        target = self.size - excess
        while self._bars and self.size > target:
            evicted.append(self._drop_oldest())
        if not evicted:
            return None
        return {"bars": {}, "gone": evicted, "dropped": self.dropped}

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
        all_evicted: list[str] = []
        merged: ProgressPayload = {"bars": bars}
        for payload in payloads:
            for name in payload.get("gone", ()):
                bars.pop(name, None)
                all_evicted.append(name)
            bars |= payload["bars"]
            if "dropped" in payload:
                merged["dropped"] = payload["dropped"]  # a total, not a difference
        if all_evicted:
            # A bar may be evicted and start again in between.
            merged["gone"] = [name for name in all_evicted if name not in bars]
        return merged

    def state(self) -> ProgressPayload:
        bars = {name: self._make_payload(bar) for name, bar in self._bars.items()}
        state: ProgressPayload = {"bars": bars}
        if self.dropped:
            state["dropped"] = self.dropped
        return state

    def plain(self) -> str:
        bars = [
            "  " * depth + format_bar(bar, label)
            for bar, depth, label in self._nest_bars()
        ]
        return "\n".join([*self._format_notes(), *bars])

    def markdown(self) -> str:
        bars = [
            f"{'  ' * depth}- {escape_markdown(format_bar(bar, label))}"
            for bar, depth, label in self._nest_bars()
        ]
        return "\n".join([*(f"{line}\n" for line in self._format_notes()), *bars])

    def html(self) -> str:
        rows = []
        for bar, depth, label in self._nest_bars():
            percent = round_down_percent(bar, 1)
            done = percent == 100 and not get_excess(bar)
            colour = ' style="accent-color: #2f9e44"' if done else ""
            # Without a percent the element would be animated for ever, in a file.
            element = (
                f'<progress max="100" value="{percent:.1f}"{colour}></progress> '
                if percent is not None
                else ""
            )
            style = f"margin-left: {1.5 * min(depth, _MAX_INDENT):g}em" if depth else ""
            short = label
            if len(label) > _MAX_LABEL:
                short = label[: _MAX_LABEL - 1] + "…"
            rows.append(
                '<div class="nbstream-progress"'
                + (f' style="{style}"' if style else "")
                + (f' title="{escape(bar.name)}"' if short != bar.name else "")
                + f">{element}{_render_label(short)}{escape(format_bar(bar, ''))}</div>"
            )
        notes = "".join(f"<p>{line}</p>" for line in self._format_notes())
        return notes + scroll_box("".join(rows))

    def _format_notes(self) -> list[str]:
        if not self.dropped:
            return []
        return [f"[… {format_count(self.dropped, 'bar')} before these]"]

    def _update_start(self, update: Progress) -> None:
        """Record the time of an update. A bar that starts again starts its clock
        again."""
        now = time.monotonic()
        percent, current = update.percent or 0.0, update.current or 0.0
        start = self._starts.get(update.name)
        before = self._bars.get(update.name)
        if start is None or before is None or current < start.current:
            self._starts[update.name] = _Start(now, percent, current, now)
            return
        start.latest = now
        if update.total != before.total and update.total and update.current is not None:
            # The first count is a different percent of the new total.
            start.percent = 100.0 * start.current / update.total
        elif percent < start.percent:
            self._starts[update.name] = _Start(now, percent, current, now)

    def _make_payload(self, bar: Progress) -> Bar:
        start = self._starts[bar.name]
        payload: Bar = {
            "elapsed": round(start.latest - start.at, 3),
            "first": start.percent,
        }
        if start.current:
            payload["from"] = as_double(start.current)
        if bar.current is not None:
            payload["current"] = as_double(bar.current)
        if bar.total is not None:
            payload["total"] = as_double(bar.total)
        if bar.percent is not None:
            payload["percent"] = bar.percent
        if bar.message:
            payload["message"] = bar.message
        return payload

    def _nest_bars(self) -> list[tuple[Progress, int, str]]:
        tree = nest_names(list(self._bars))
        return [
            (self._bars[name], depth, escape_invisible_in_code(label))
            for name, depth, label in tree
        ]


def _size_of(bar: Progress) -> int:
    return _ENTRY + getsizeof(bar.name) + getsizeof(bar.message)


def _render_label(label: str) -> str:
    # Isolated, so that a right-to-left name does not reorder the text around it.
    return f"<bdi>{escape(label)}</bdi>: " if label else ""
