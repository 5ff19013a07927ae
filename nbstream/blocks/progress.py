"""Progress bars."""

from __future__ import annotations

import time
from html import escape
from typing import ClassVar

from ..updates import Progress
from .block import Limits, Payload
from .markup import number, words


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
        self._first: dict[str, tuple[float, float]] = {}
        self.dropped = 0

    def add(self, update: Progress) -> Payload:
        name = update.name
        payload: Payload = {}
        if name not in self._bars:
            self._first[name] = (time.monotonic(), update.percent or 0.0)
            if len(self._bars) >= self._limit:
                oldest = next(iter(self._bars))
                del self._bars[oldest], self._first[oldest]
                self.dropped += 1
                payload["gone"] = [oldest]
        self._bars[name] = update
        payload["bars"] = {name: self._told(update)}
        return payload

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        gone = later.get("gone", [])
        bars = {k: v for k, v in earlier["bars"].items() if k not in gone}
        merged: Payload = {"bars": bars | later["bars"]}
        if all_gone := [*earlier.get("gone", []), *gone]:
            # A bar may go and come again in between.
            merged["gone"] = [name for name in all_gone if name not in merged["bars"]]
        return merged

    def state(self) -> Payload:
        return {
            "bars": {name: self._told(bar) for name, bar in self._bars.items()},
            "dropped": self.dropped,
        }

    def plain(self) -> str:
        return "\n".join(line_of(bar) for bar in self._bars.values())

    def markdown(self) -> str:
        return "\n".join(f"- {words(line_of(bar))}" for bar in self._bars.values())

    def html(self) -> str:
        rows = []
        for bar in self._bars.values():
            value = f' value="{bar.percent:.1f}"' if bar.percent is not None else ""
            rows.append(
                f'<div class="nbstream-progress"><progress max="100"{value}></progress>'
                f" {escape(line_of(bar))}</div>"
            )
        return "".join(rows)

    def _told(self, bar: Progress) -> Payload:
        began, first = self._first[bar.name]
        told: Payload = {"elapsed": round(time.monotonic() - began, 3), "first": first}
        for key in ("current", "total", "percent", "message"):
            if (value := getattr(bar, key)) not in (None, ""):
                told[key] = value
        return told


def line_of(bar: Progress) -> str:
    """A bar in words, the same for the same state."""
    parts = []
    if bar.percent is not None:
        parts.append(f"{bar.percent:.0f} %")
    if bar.current is not None and bar.total is not None:
        parts.append(f"{number(bar.current)} of {number(bar.total)}")
    elif bar.current is not None:
        parts.append(number(bar.current))
    if bar.message:
        parts.append(bar.message)
    return ": ".join(filter(None, (bar.name, ", ".join(parts))))
