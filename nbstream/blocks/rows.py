"""Item rows."""

from __future__ import annotations

from typing import Any, ClassVar

from ..updates import Row
from .block import Limits, Payload
from .listing import Listing
from .markup import cell, html_table, markdown_table

_MAX_COLUMNS = 50


class RowsBlock(Listing):
    """Items as a table; its columns are the keys, in the order they first came."""

    kind: ClassVar[str] = "rows"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.rows)

    def add(self, update: Row) -> Payload:
        return self.append(update.data)

    def plain(self) -> str:
        lines = ["  ".join(row) for row in (self._columns(), *self._cells())]
        return "\n".join([*self._note(), *lines])

    def markdown(self) -> str:
        table = markdown_table(self._columns(), self._cells())
        return "\n\n".join([*self._note(), table])

    def html(self) -> str:
        note = "".join(f"<p>{line}</p>" for line in self._note())
        return note + html_table(self._columns(), self._cells(), "nbstream-rows")

    def _note(self) -> list[str]:
        return [self.omitted("items")] if self.dropped else []

    def _columns(self) -> list[str]:
        names: dict[str, None] = {}
        for row in self.entries:
            names.update(dict.fromkeys(row if isinstance(row, dict) else ["value"]))
        return list(names)[:_MAX_COLUMNS]

    def _cells(self) -> list[list[str]]:
        columns = self._columns()
        return [
            [cell(row[name]) if name in row else "" for name in columns]
            for row in map(_as_object, self.entries)
        ]


def _as_object(row: Any) -> dict[str, Any]:
    return row if isinstance(row, dict) else {"value": row}
