"""The streams of a kernel as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..content.mimebundle import NO_MATH
from ..rendering.format import format_duration
from ..rendering.html import render_html_table, render_markdown_table
from ..streams.handle import Stream
from ..text.invisible_characters import escape_invisible_in_code
from .snapshot import facts

COLUMNS: Sequence[str] = ("name", "state", "age", "events", "bytes", "source")
"""Every column of the table."""
REPEATABLE_COLUMNS: Sequence[str] = ("name", "state", "source")
"""The columns that are the same in each run of a notebook."""

_NUMERIC = frozenset(COLUMNS) - frozenset(REPEATABLE_COLUMNS)


def bundle(
    streams: Sequence[Stream], columns: Sequence[str] = COLUMNS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the table as of now as a mime bundle, and its metadata: the facts of each
    stream, with or without a column for them."""
    rows = [_cells(stream, columns) for stream in streams]
    if not rows:
        return {"text/plain": "No streams yet."}, {}
    data = {
        "text/plain": plain(streams, columns),
        "text/markdown": render_markdown_table(columns, rows),
        "text/html": render_html_table(
            columns,
            rows,
            f"nbstream-streams {NO_MATH}",
            text_columns=frozenset(columns) - _NUMERIC,
        ),
    }
    return data, {"nbstream": [facts(stream) for stream in streams]}


def plain(streams: Sequence[Stream], columns: Sequence[str] = COLUMNS) -> str:
    """Return the table as text in columns."""
    if not streams:
        return "No streams yet."
    rows = [[*columns], *(_cells(stream, columns) for stream in streams)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in _NUMERIC else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _cells(stream: Stream, columns: Sequence[str]) -> list[str]:
    stopping = "stopping at its next yield"
    cells = {
        "name": escape_invisible_in_code(stream.name),
        "state": stopping if stream.state == "stopping" else stream.state,
        "age": format_duration(stream.elapsed),
        "events": f"{stream.events_received:,}",
        "bytes": f"{stream.bytes_received:,}",
        "source": escape_invisible_in_code(stream.label),
    }
    return [cells[column] for column in columns]
