"""Format tables for a prompt: as CSV of a bounded size, with a note on what is left
out."""

from __future__ import annotations

from typing import Any

_ROWS = 50
_COLUMNS = 50
_CELL = 150
_CHARACTERS = 8_000


def is_table(value: Any) -> bool:
    """Return whether a value is a DataFrame or a Series."""
    return hasattr(value, "to_csv") and hasattr(value, "iloc")


def format_table(name: str, frame: Any) -> tuple[str, str]:
    """Return a table as CSV, and a note on the part that this is; empty if it is all.

    At most 50 rows, 50 columns and 8,000 characters; text in cells is cut after 150.
    Numbers have ten digits.
    """
    columns = frame.shape[1] if len(frame.shape) > 1 else 1
    shown = (
        frame.iloc[:_ROWS, :_COLUMNS] if len(frame.shape) > 1 else frame.iloc[:_ROWS]
    )
    clipped = _Clipped()
    lines = [_csv(shown.iloc[:0], header=True)]
    size = len(lines[0])
    # Row by row: cells may have line breaks, so lines cannot be counted.
    for at in range(len(shown)):
        row = _csv(clipped.of(shown.iloc[at : at + 1]), header=False)
        size += len(row)
        if size > _CHARACTERS:
            break
        lines.append(row)
    left_out = []
    if len(lines) - 1 < len(frame):
        left_out.append(f"the first {len(lines) - 1:,} of {len(frame):,} rows")
    if columns > _COLUMNS:
        left_out.append(f"the first {_COLUMNS:,} of {columns:,} columns")
    if clipped.any:
        left_out.append(f"the first {_CELL} characters of long cells")
    text = "".join(lines).rstrip("\n")
    if not left_out:
        return text, ""
    note = ", ".join(left_out)
    shape = " × ".join(f"{n:,}" for n in frame.shape)
    return f"({name}, {shape}, as CSV: {note})\n{text}", note


class _Clipped:
    """Cuts long cells, and records whether any was cut."""

    def __init__(self) -> None:
        self.any = False

    def of(self, row: Any) -> Any:
        return (row.map if hasattr(row, "map") else row.applymap)(self._cell)

    def _cell(self, value: Any) -> Any:
        if isinstance(value, int | float | bool):
            return value
        text = str(value)
        if len(text) <= _CELL:
            return value
        self.any = True
        return f"{text[:_CELL]}…"


def _csv(rows: Any, *, header: bool) -> str:
    text: str = rows.to_csv(
        # A default index carries no information; a labelled one does.
        index=type(rows.index).__name__ != "RangeIndex",
        header=header,
        float_format="%.10g",
        lineterminator="\n",
    )
    return text
