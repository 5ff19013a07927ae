"""Format progress bars: nest them by name, and write each as one line of text."""

from __future__ import annotations

import math
import re

from ...rendering.format import format_number
from ...updates import Progress


def nest_names(names: list[str]) -> list[tuple[str, int, str]]:
    """Return bars as a tree, depth first: name, depth and label of each.

    The parent of `run/epoch 3` is the bar with the longest name that it begins with,
    such as `run`; its label is the rest. `/` and ` › ` separate levels.
    """
    known = set(names)
    children: dict[str | None, list[tuple[str, str]]] = {}
    for name in names:
        parent, label = None, name
        for separator in re.finditer("/| › ", name):
            if (outer := name[: separator.start()]) and outer in known:
                parent, label = outer, name[separator.end() :]
        children.setdefault(parent, []).append((name, label))
    tree: list[tuple[str, int, str]] = []
    pending = [(name, 0, label) for name, label in reversed(children.get(None, []))]
    while pending:
        name, depth, label = pending.pop()
        tree.append((name, depth, label))
        inner = reversed(children.get(name, []))
        pending += [(n, depth + 1, rest) for n, rest in inner]
    return tree


def round_down_percent(bar: Progress, decimals: int) -> float | None:
    """Return a bar's percent rounded down: 100 only if it is complete. None if it is
    unknown."""
    if bar.percent is None or bar.percent >= 100:
        return bar.percent
    scale = 10.0**decimals
    # The small term compensates for the rounding of floats.
    rounded = math.floor(bar.percent * scale + 1e-9) / scale
    if rounded < 100 or (bar.current or 0) >= (bar.total or math.inf):
        return rounded
    return 100 - 1 / scale


def get_excess(bar: Progress) -> float:
    """Return how far the count is past its total; 0 if it is not."""
    if bar.current is None or bar.total is None:
        return 0
    return max(float(bar.current) - bar.total, 0)


def format_bar(bar: Progress, label: str | None = None) -> str:
    """Return a bar as one line of text, the same for the same state.

    Args:
        bar: the bar.
        label: the name to show. Default: the bar's own.
    """
    parts = []
    if (percent := round_down_percent(bar, 0)) is not None:
        parts.append(f"{percent:.0f} %")
    if bar.current is not None and bar.total is not None:
        parts.append(f"{format_number(bar.current)} of {format_number(bar.total)}")
    elif bar.current is not None:
        parts.append(format_number(bar.current))
    if excess := get_excess(bar):
        parts.append(f"{format_number(excess)} over")
    if bar.message:
        parts.append(bar.message)
    name = bar.name if label is None else label
    return ": ".join(filter(None, (name, ", ".join(parts))))
