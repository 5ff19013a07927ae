"""Metrics: named series of values."""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import islice
from sys import getsizeof
from typing import Any, ClassVar

from ...limits import MAX_NAME, Limits
from ...rendering import svg_chart as chart
from ...rendering.format import format_count, format_number
from ...rendering.html import render_html_table, render_markdown_table, scroll_box
from ...text.clipping import clip_name
from ...text.invisible_characters import escape_invisible_in_code
from ...updates import Metric
from ..wire import MAX_EXACT
from .entry_list import EntryList, ListPayload

_HEADER = ["metric", "value", "step", "min", "max", "points"]
_MAX_NAMES = 1_000
"""Names whose latest value is kept after their points were evicted."""
_MAX_ROWS = 200
"""Names in the table of frozen output, which not every reader of notebooks scrolls."""
_ENTRY = 80
"""Bytes of a point without its name and numbers."""


Point = list[Any]
"""`[name, step, value]`; NaN and infinities are strings, because JSON lacks them."""


class MetricsPayload(ListPayload[Point]):
    """Points of all series, in the order of arrival."""


class MetricsBlock(EntryList[Point, MetricsPayload]):
    """The last points of all series."""

    kind: ClassVar[str] = "metrics"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.points)
        self._latest: dict[str, Metric] = {}
        self._points: Counter[str] = Counter()
        self._pointless: dict[str, None] = {}  # names whose points were all evicted
        self._unnamed = 0  # names that were evicted

    def add(self, update: Metric) -> MetricsPayload:
        name, value, step = update.name, float(update.value), update.step
        if len(name) > MAX_NAME:
            name = clip_name(name)
        if step is not None and not -MAX_EXACT <= step <= MAX_EXACT:
            step = float(step) if step - step == 0 else None
        if name is not update.name or step is not update.step:
            update = Metric(name, value, step)
        self._latest[name] = update
        self._points[name] += 1
        self._pointless.pop(name, None)
        finite = value - value == 0
        # The name is counted for each point: a stream may use a new one each time.
        size = _ENTRY + getsizeof(name) + getsizeof(value) + getsizeof(step)
        return self.append([name, step, value if finite else str(value)], size)

    def _drop(self, count: int) -> int:
        for name, _, _ in islice(self.entries, count):
            self._points[name] -= 1
            if self._points[name] == 0:
                del self._points[name]
                self._pointless[name] = None
        while self._pointless and len(self._latest) > _MAX_NAMES:
            self._evict_name(next(iter(self._pointless)))
        return super()._drop(count)

    def _evict_name(self, name: str) -> None:
        del self._latest[name]
        self._pointless.pop(name, None)
        self._unnamed += 1

    def shrink(self, share: float) -> None:
        super().shrink(share)
        for name in list(self._latest)[: int(len(self._latest) * (1 - share))]:
            self._evict_name(name)

    def plain(self) -> str:
        lines = ["  ".join(row[:3]).rstrip() for row in self._make_rows()]
        return "\n".join(
            filter(None, (*self._format_notes(), *lines, self._format_omitted()))
        )

    def markdown(self) -> str:
        table = render_markdown_table(_HEADER, self._make_rows())
        names = self._format_notes() if self._unnamed else ()
        return "\n\n".join(filter(None, (*names, table, self._format_omitted())))

    def html(self) -> str:
        series = self._group_points()
        lines = {name: chart.make_line(points) for name, points in series.items()}
        gaps = {
            name: sum(not chart.is_drawable(y) for _, y in points)
            for name, points in series.items()
        }
        notes = [
            f"<bdi>{escape(escape_invisible_in_code(name))}</bdi>: "
            f"gaps where {count} of its values cannot be drawn"
            for name, count in gaps.items()
            if count
        ]
        notes = [*self._format_notes(), *notes]
        note = f"<p><small>{' · '.join(notes)}</small></p>" if notes else ""
        table = render_html_table(
            _HEADER, self._make_rows(), "nbstream-metrics", {"metric"}
        )
        return (
            chart.render_charts(lines)
            + note
            + scroll_box(table, "16em")
            + self._render_omitted()
        )

    def _format_notes(self) -> list[str]:
        points = [self.format_dropped("point")] if self.dropped else []
        if not self._unnamed:
            return points
        # "Up to": a name that returns and is evicted again counts twice.
        return [
            *points,
            f"[… up to {format_count(self._unnamed, 'name')} before these]",
        ]

    def _group_points(self) -> dict[str, list[tuple[float | None, float]]]:
        found: dict[str, list[tuple[float | None, float]]] = {}
        for name, step, value in self.entries:
            found.setdefault(name, []).append((step, float(value)))
        return found

    def _format_omitted(self) -> str:
        """Return a note on the metrics that the table omits; empty if it has all."""
        more = len(self._latest) - _MAX_ROWS
        return f"[… {format_count(more, 'more metric')}]" if more > 0 else ""

    def _render_omitted(self) -> str:
        more = self._format_omitted()
        return f"<p><small>{more}</small></p>" if more else ""

    def _make_rows(self) -> list[list[str]]:
        series = self._group_points()
        rows = []
        for name, latest in islice(self._latest.items(), _MAX_ROWS):
            points = series.get(name, [])
            solid = [y for _, y in points if y - y == 0]
            rows.append(
                [
                    escape_invisible_in_code(name),
                    format_number(latest.value),
                    "" if latest.step is None else format_number(latest.step),
                    format_number(min(solid)) if solid else "",
                    format_number(max(solid)) if solid else "",
                    str(len(points)),
                ]
            )
        return rows
