"""Rows of a table: the items of a stream."""

from __future__ import annotations

from html import escape
from itertools import chain, islice
from typing import Any, ClassVar, NamedTuple

from ...limits import MAX_NAME, Limits
from ...rendering.format import format_count, format_value
from ...rendering.html import dir_attribute, render_markdown_table
from ...text.clipping import clip_line, clip_name, clip_value
from ...text.invisible_characters import escape_invisible_in_code
from ...text.value_size import size_of
from ...updates import Row
from ..wire import from_wire, to_wire
from .entry_list import EntryList, ListPayload

_MAX_COLUMNS = 50
# Limits of frozen output, so that the notebook still opens.
_MAX_ROWS = 500
_MAX_CELL = 1_000
_WORDS = "text-align:left;max-width:36em"
_MAX_NESTED = 100_000
"""Bytes of a nested value that are formatted, of which `_MAX_CELL` are shown."""


class _Cell(NamedTuple):
    """A value as a table shows it."""

    text: str
    is_number: bool


_EMPTY = _Cell("", False)


class RowsPayload(ListPayload[Any]):
    """JSON values, one a row, as `to_wire` makes them."""


class RowsBlock(EntryList[Any, RowsPayload]):
    """A table of items; its columns are their keys, in the order of arrival."""

    kind: ClassVar[str] = "rows"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.rows)
        self._largest = limits.entry

    def add(self, update: Row) -> RowsPayload:
        return self.append(*make_entry(update, self._largest))

    def _frozen_count(self) -> int:
        return min(len(self.entries), _MAX_ROWS)

    def plain(self) -> str:
        notes, columns, cells = self._make_table()
        lines = [columns, *([cell.text for cell in row] for row in cells)]
        return "\n".join([*notes, *map("  ".join, lines)])

    def markdown(self) -> str:
        notes, columns, cells = self._make_table()
        texts = [[cell.text for cell in row] for row in cells]
        return "\n\n".join([*notes, render_markdown_table(columns, texts)])

    def html(self) -> str:
        notes, columns, cells = self._make_table()
        header = "".join(
            f'<th{dir_attribute(c)} style="{_WORDS}">{escape(c)}</th>' for c in columns
        )
        body = "".join(f"<tr>{''.join(map(_render_cell, row))}</tr>" for row in cells)
        return (
            "".join(f"<p>{line}</p>" for line in notes)
            + '<div style="max-height:24em;overflow:auto">'
            # Else the words of a table wider than the page are a word a line.
            + '<table class="nbstream-rows" style="width:max-content">'
            + f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _make_table(self) -> tuple[list[str], list[str], list[list[_Cell]]]:
        """Return notes on omissions, the columns, and the cells of the last rows."""
        hidden = max(len(self.entries) - _MAX_ROWS, 0)
        rows = [
            _to_object(from_wire(row)) for row in islice(self.entries, hidden, None)
        ]
        names = list(dict.fromkeys(chain.from_iterable(rows)))
        columns = names[:_MAX_COLUMNS]
        notes = []
        if before := self.dropped + hidden:
            notes.append(f"[… {format_count(before, 'item')} before these]")
        if more := len(names) - len(columns):
            notes.append(f"[… {format_count(more, 'more column')}]")
        cells = [
            [_to_cell(row[name]) if name in row else _EMPTY for name in columns]
            for row in rows
        ]
        return (
            notes,
            [clip_line(escape_invisible_in_code(name), _MAX_CELL) for name in columns],
            cells,
        )


def make_entry(row: Row, largest: int) -> tuple[Any, int]:
    """Return the entry of a row, cut to at most `largest` bytes, and its bytes."""
    data, size = row.data, size_of(row.data)
    if size > largest:
        data = clip_value(data, largest)
        size = size_of(data)
    # Only a row of this size can have long names.
    if size > 2 * MAX_NAME and isinstance(data, dict):
        data = _shorten_names(data)
    return to_wire(data), size


def _shorten_names(row: dict[str, Any]) -> dict[str, Any]:
    if all(len(name) <= MAX_NAME for name in row):
        return row
    return {clip_name(name): value for name, value in row.items()}


def _to_cell(value: Any) -> _Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = format_value(clip_value(value, _MAX_NESTED))
    return _Cell(clip_line(text, _MAX_CELL), is_number)


def _render_cell(cell: _Cell) -> str:
    text = cell.text
    # JupyterLab aligns all cells right, which suits only numbers.
    words = "" if cell.is_number else f' style="{_WORDS}"'
    return f"<td{dir_attribute(text)}{words}>{escape(text)}</td>"


def _to_object(row: Any) -> dict[str, Any]:
    return row if isinstance(row, dict) else {"value": row}
