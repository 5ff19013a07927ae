"""The streams of a kernel as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..content.mimebundle import NO_MATH
from ..rendering.format import format_duration
from ..rendering.html import render_html_table, render_markdown_table
from ..streams.handle import Stream
from ..text.invisible_characters import escape_invisible_in_code

_HEADER = ["name", "state", "age", "events", "bytes", "source"]


def bundle(streams: Sequence[Stream]) -> dict[str, Any]:
    """Return the table as of now as a mime bundle."""
    rows = [_cells(stream) for stream in streams]
    if not rows:
        return {"text/plain": "No streams yet."}
    return {
        "text/plain": plain(streams),
        "text/markdown": render_markdown_table(_HEADER, rows),
        "text/html": render_html_table(
            _HEADER,
            rows,
            f"nbstream-streams {NO_MATH}",
            text_columns={"name", "state", "source"},
        ),
    }


def plain(streams: Sequence[Stream]) -> str:
    """Return the table as text in columns."""
    if not streams:
        return "No streams yet."
    rows = [_HEADER, *map(_cells, streams)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = {"age", "events", "bytes"}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in numeric else cell.ljust(width)
            for name, cell, width in zip(_HEADER, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _cells(stream: Stream) -> list[str]:
    return [
        escape_invisible_in_code(stream.name),
        f"{stream.state} at its next yield"
        if stream.state == "stopping"
        else stream.state,
        format_duration(stream.elapsed),
        f"{stream.events_received:,}",
        f"{stream.bytes_received:,}",
        escape_invisible_in_code(stream.label),
    ]
