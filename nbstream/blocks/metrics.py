"""Metrics: named series of values."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import ClassVar

from ..updates import Metric
from ..wellformed import visible_code
from . import chart
from .block import Limits, Payload
from .listing import Listing
from .markup import html_table, markdown_table, number, scrolled

_HEADER = ["metric", "value", "step", "min", "max", "points"]
# Names whose latest value outlives their points; a stream may invent names for ever.
_MAX_NAMES = 1_000
# Of those, what ordinary output lists: not every reader of notebooks scrolls it.
_MAX_ROWS = 200


class MetricsBlock(Listing):
    """The last points of all series; each is `[name, step, value]`, where a value
    that JSON has no number for is its name as text."""

    kind: ClassVar[str] = "metrics"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.points)
        self._latest: dict[str, Metric] = {}

    def add(self, update: Metric) -> Payload:
        self._latest[update.name] = update
        if len(self._latest) > _MAX_NAMES:
            del self._latest[next(iter(self._latest))]
        value = update.value
        finite = value - value == 0
        return self.append([update.name, update.step, value if finite else str(value)])

    def plain(self) -> str:
        lines = ["  ".join(row[:3]).rstrip() for row in self._rows()]
        return "\n".join(
            filter(None, (self.omitted("points"), *lines, self._unlisted()))
        )

    def markdown(self) -> str:
        table = markdown_table(_HEADER, self._rows())
        return "\n\n".join(filter(None, (table, self._unlisted())))

    def html(self) -> str:
        series = self._series()
        lines = {name: chart.line_of(points) for name, points in series.items()}
        gaps = {
            name: sum(not chart.drawable(y) for _, y in points)
            for name, points in series.items()
        }
        notes = [
            f"<bdi>{escape(visible_code(name))}</bdi>: gaps where {count} of its "
            "values cannot be drawn"
            for name, count in gaps.items()
            if count
        ]
        if omitted := self.omitted("points"):
            notes.insert(0, omitted)
        note = f"<p><small>{' · '.join(notes)}</small></p>" if notes else ""
        table = html_table(_HEADER, self._rows(), "nbstream-metrics", {"metric"})
        return chart.charts(lines) + note + scrolled(table, "16em") + self._more()

    def _series(self) -> dict[str, list[tuple[float | None, float]]]:
        found: dict[str, list[tuple[float | None, float]]] = {}
        for name, step, value in self.entries:
            found.setdefault(name, []).append((step, float(value)))
        return found

    def _unlisted(self) -> str:
        """A note on the metrics that the table leaves out; empty if it has all."""
        more = len(self._latest) - _MAX_ROWS
        return f"[… {more:,} more metrics]" if more > 0 else ""

    def _more(self) -> str:
        more = self._unlisted()
        return f"<p><small>{more}</small></p>" if more else ""

    def _rows(self) -> list[list[str]]:
        series = self._series()
        rows = []
        for name, latest in islice(self._latest.items(), _MAX_ROWS):
            points = series.get(name, [])
            solid = [y for _, y in points if y - y == 0]
            rows.append(
                [
                    visible_code(name),
                    _shown(latest.value),
                    "" if latest.step is None else number(latest.step),
                    number(min(solid)) if solid else "",
                    number(max(solid)) if solid else "",
                    str(len(points)),
                ]
            )
        return rows


def _shown(value: float) -> str:
    return number(value) if value - value == 0 else str(value)
