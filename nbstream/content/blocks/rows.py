"""Item rows."""

from __future__ import annotations

from html import escape
from itertools import chain, islice
from typing import Any, ClassVar, NamedTuple

from ...limits import MAX_NAME, Limits
from ...rendering.format import cell, count
from ...rendering.html import directed, markdown_table
from ...text.clipping import clip_line, clip_name, clip_value
from ...text.value_size import size_of
from ...text.visible import visible_code
from ...updates import Row
from ..wire import from_wire, to_wire
from .listing import Listing, ListPayload

_MAX_COLUMNS = 50
# What is left behind stays a notebook that opens; a recording keeps everything.
_MAX_ROWS = 500
_MAX_CELL = 1_000
_WORDS = "text-align:left;max-width:36em"
_MAX_NESTED = 100_000
"""Bytes of a nested value, of which the first characters are shown."""


class _Cell(NamedTuple):
    """A value as a table shows it."""

    text: str
    is_number: bool


_EMPTY = _Cell("", False)


class RowsPayload(ListPayload[Any]):
    """JSON values, one a row, as `to_wire` makes them."""


class RowsBlock(Listing[Any, RowsPayload]):
    """Items as a table; its columns are the keys, in the order they first came."""

    kind: ClassVar[str] = "rows"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.rows)
        self._largest = limits.entry

    def add(self, update: Row) -> RowsPayload:
        return self.append(*entry_of(update, self._largest))

    def _shown_at_end(self) -> int:
        return min(len(self.entries), _MAX_ROWS)

    def plain(self) -> str:
        notes, columns, cells = self._table()
        lines = [columns, *([cell.text for cell in row] for row in cells)]
        return "\n".join([*notes, *map("  ".join, lines)])

    def markdown(self) -> str:
        notes, columns, cells = self._table()
        texts = [[cell.text for cell in row] for row in cells]
        return "\n\n".join([*notes, markdown_table(columns, texts)])

    def html(self) -> str:
        notes, columns, cells = self._table()
        header = "".join(
            f'<th{directed(c)} style="{_WORDS}">{escape(c)}</th>' for c in columns
        )
        body = "".join(f"<tr>{''.join(map(_td, row))}</tr>" for row in cells)
        return (
            "".join(f"<p>{line}</p>" for line in notes)
            + '<div style="max-height:24em;overflow:auto">'
            # Else the words of a table wider than the page are a word a line.
            + '<table class="nbstream-rows" style="width:max-content">'
            + f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _table(self) -> tuple[list[str], list[str], list[list[_Cell]]]:
        """What is said of what is not shown; the columns; the last rows' cells."""
        hidden = max(len(self.entries) - _MAX_ROWS, 0)
        rows = [
            _as_object(from_wire(row)) for row in islice(self.entries, hidden, None)
        ]
        names = list(dict.fromkeys(chain.from_iterable(rows)))
        columns = names[:_MAX_COLUMNS]
        notes = []
        if before := self.dropped + hidden:
            notes.append(f"[… {count(before, 'item')} before these]")
        if more := len(names) - len(columns):
            notes.append(f"[… {count(more, 'more column')}]")
        cells = [
            [_shown(row[name]) if name in row else _EMPTY for name in columns]
            for row in rows
        ]
        return (
            notes,
            [clip_line(visible_code(name), _MAX_CELL) for name in columns],
            cells,
        )


def entry_of(row: Row, largest: int) -> tuple[Any, int]:
    """Return what is kept of a row, of `largest` bytes at most, and its bytes."""
    data, size = row.data, size_of(row.data)
    if size > largest:
        data = clip_value(data, largest)
        size = size_of(data)
    # A smaller one has no long names.
    if size > 2 * MAX_NAME and isinstance(data, dict):
        data = _with_short_names(data)
    return to_wire(data), size


def _with_short_names(row: dict[str, Any]) -> dict[str, Any]:
    if all(len(name) <= MAX_NAME for name in row):
        return row
    return {clip_name(name): value for name, value in row.items()}


def _shown(value: Any) -> _Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = cell(clip_value(value, _MAX_NESTED))
    return _Cell(clip_line(text, _MAX_CELL), is_number)


def _td(cell: _Cell) -> str:
    text = cell.text
    # JupyterLab sets all to the right, which is for numbers only.
    words = "" if cell.is_number else f' style="{_WORDS}"'
    return f"<td{directed(text)}{words}>{escape(text)}</td>"


def _as_object(row: Any) -> dict[str, Any]:
    return row if isinstance(row, dict) else {"value": row}
