"""Render line charts for frozen output: an SVG image for each group of metrics.

JupyterLab removes inline SVG from notebooks that it does not trust, which are all that
someone else made, but keeps an `img` of the same SVG. Nothing in an image can run or
load anything, and its colours have contrast in light and dark themes. Text is outside
of the image, in the page's colours.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Sequence
from html import escape

from ..text.invisible_characters import escape_invisible_in_code
from .format import format_number
from .html import scroll_box

Line = list[tuple[float, float | None]]
"""Points with rising steps; None is a gap."""

COLOURS = [
    *("#2a7fd4", "#d9730d", "#2f9e44", "#d6409f"),
    *("#8e6fe0", "#12949e", "#e5484d", "#9a7b1c"),
]
"""The twin is in `frontend/src/charts/chart.ts`."""
_DASHES = ("", "9 6", "3 4")
_DASH_MARKS = ("━", "╍", "┅")
_LINES_A_CHART = len(COLOURS) * len(_DASHES)
# These keep all charts of one stream well under 60 KB.
_MAX_LINES = 40
_COLUMNS_OF_ALL = 1000
_COLUMNS = 240
_WIDTH, _HEIGHT = 640, 180
# Larger values and steps are not drawn, as on the page.
_MAX_VALUE = 1e30
_MAX_STEP = 1e15

_SPLIT = "train|training|val|valid|validation|test|eval|dev"
_SPLITS = re.compile(rf"^(?:{_SPLIT})[ _.:-]|[ _.:-](?:{_SPLIT})$", re.IGNORECASE)


def group_of(name: str) -> str:
    """Return what a metric measures, without the data split: `loss` for `val_loss`,
    `train/loss` and `loss`, which share a chart."""
    return _SPLITS.sub("", name.rpartition("/")[2].strip()) or name


def make_line(points: Sequence[tuple[float | None, float]]) -> Line:
    """Return a line of `(step, value)` points, sorted by step, with the last value of
    each step. If a point has no step, all are numbered in their order."""
    values = [y if is_drawable(y) else None for _, y in points]
    steps = [x for x, _ in points if x is not None and abs(x) <= _MAX_STEP]
    if len(steps) < len(points):
        return list(enumerate(values, 1))
    return sorted(dict(zip(steps, values, strict=True)).items())


def downsample(line: Line, columns: int) -> Line:
    """Return the lowest and highest point of each column, and a gap if it has one."""
    if len(line) <= 2 * columns:
        return line
    first, last = line[0][0], line[-1][0]
    width = (last - first) / columns or 1.0
    found: dict[int, Line] = {}
    for point in line:
        found.setdefault(int((point[0] - first) / width), []).append(point)
    kept: Line = []
    for column in found.values():
        solid = [(y, x) for x, y in column if y is not None]
        ends = {(x, y) for y, x in (min(solid), max(solid))} if solid else set()
        kept += sorted(ends)
        if len(solid) < len(column):
            kept.append((column[-1][0], None))
    return kept


def render_charts(lines: dict[str, Line]) -> str:
    """Return the charts of named lines as safe HTML."""
    shown = {
        name: line
        for name, line in lines.items()
        if sum(y is not None for _, y in line) > 1
    }
    groups: dict[str, dict[str, Line]] = {}
    for name in list(shown)[:_MAX_LINES]:
        group = groups.setdefault(group_of(name), {})
        if len(group) < _LINES_A_CHART:
            group[name] = shown[name]
    count = sum(len(group) for group in groups.values())
    columns = min(_COLUMNS, _COLUMNS_OF_ALL // max(count, 1))
    drawn = [
        _render_chart({n: downsample(x, columns) for n, x in g.items()})
        for g in groups.values()
    ]
    return scroll_box("".join(drawn), "48em") if drawn else ""


def _render_chart(lines: dict[str, Line]) -> str:
    ys = [y for line in lines.values() for _, y in line if y is not None]
    xs = [x for line in lines.values() for x, _ in line]
    low, high, first, last = min(ys), max(ys), min(xs), max(xs)
    names = ", ".join(_shorten(name) for name in lines)
    span = f"{format_number(low)} to {format_number(high)}"
    steps = f"steps {format_number(first)} to {format_number(last)}"
    legend = " ".join(
        f'<span style="white-space: nowrap"><span style="color: {_colour_of(i)}">'
        f"{_DASH_MARKS[_dash_of(i)]}</span> "
        f"<b><bdi>{escape(_shorten(name))}</bdi></b></span>"
        for i, name in enumerate(lines)
    )
    svg = base64.b64encode(_render_svg(lines.values(), low, high, first, last).encode())
    return (
        '<div class="nbstream-chart" style="display: inline-block; width: 340px; '
        'max-width: 100%; margin: 0 16px 8px 0; vertical-align: top">'
        f"<div>{legend}</div>"
        f'<img width="340" alt="{escape(f"Chart of {names}: {span}, {steps}")}" '
        f'src="data:image/svg+xml;base64,{svg.decode()}">'
        f"<div><small>{span} · {steps}</small></div></div>"
    )


def _render_svg(
    lines: Iterable[Line], low: float, high: float, first: float, last: float
) -> str:
    # A margin, because lines have width.
    tall, wide = _HEIGHT - 12, _WIDTH - 12
    paths = []
    for i, line in enumerate(lines):
        dash = _DASHES[_dash_of(i)]
        paths.append(
            f'<path stroke="{_colour_of(i)}"'
            + (f' stroke-dasharray="{dash}"' if dash else "")
            + f' d="{_render_path(line, low, high, first, last, wide, tall)}"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" fill="none">'
        f'<path stroke="#808080" stroke-opacity=".5" '
        f'd="M0 6H{_WIDTH}M0 {_HEIGHT // 2}H{_WIDTH}M0 {_HEIGHT - 6}H{_WIDTH}"/>'
        '<g stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round">'
        + "".join(paths)
        + "</g></svg>"
    )


def _render_path(
    line: Line,
    low: float,
    high: float,
    first: float,
    last: float,
    wide: int,
    tall: int,
) -> str:
    drawn, pen = [], False
    at = (0, 0)
    for x, y in line:
        if y is None:
            pen = False
            continue
        # A flat line is drawn in the middle.
        rise = (y - low) / (high - low) if high > low else 0.5
        run = (x - first) / (last - first) if last > first else 0.5
        to = (6 + round(run * wide), 6 + round((1 - rise) * tall))
        # A point between gaps is a dot: a line of length zero with round ends.
        drawn.append(
            f"l{to[0] - at[0]} {to[1] - at[1]}" if pen else f"M{to[0]} {to[1]}l0 0"
        )
        pen, at = True, to
    return "".join(drawn)


def _colour_of(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _dash_of(index: int) -> int:
    return index // len(COLOURS) % len(_DASHES)


def _shorten(name: str) -> str:
    name = escape_invisible_in_code(name)
    return name if len(name) <= 40 else name[:39] + "…"


def is_drawable(value: float) -> bool:
    """Check that a chart can draw a value."""
    return math.isfinite(value) and abs(value) <= _MAX_VALUE
