"""Metrics: named series of values."""

from __future__ import annotations

from typing import ClassVar

from ..updates import Metric
from .block import Limits, Payload
from .listing import Listing
from .markup import html_table, markdown_table, number


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
        value = update.value
        finite = value - value == 0
        return self.append([update.name, update.step, value if finite else str(value)])

    def plain(self) -> str:
        return "\n".join("  ".join(row).rstrip() for row in self._rows())

    def markdown(self) -> str:
        return markdown_table(["metric", "value", "step"], self._rows())

    def html(self) -> str:
        return html_table(["metric", "value", "step"], self._rows(), "nbstream-metrics")

    def _rows(self) -> list[list[str]]:
        return [
            [m.name, _shown(m.value), "" if m.step is None else number(m.step)]
            for m in self._latest.values()
        ]


def _shown(value: float) -> str:
    return number(value) if value - value == 0 else str(value)
