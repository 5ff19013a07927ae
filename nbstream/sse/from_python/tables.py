"""Convert tables of pandas, polars, Arrow and numpy to records: one dict a row.

No library is imported: an object with the methods of a table is one (duck typing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def records(value: Any) -> Iterator[Record] | None:
    """Return an iterator over the rows of a table; None if the value is not a table.

    The index of a pandas table becomes a column if it has a name, or labels that are
    not numbers. A Series whose labels are all str is one row, and any other a column.
    Missing values of pandas become None.
    """
    kind = type(value)
    if hasattr(kind, "itertuples") and hasattr(kind, "columns"):
        return _frame_rows(value)
    if callable(getattr(kind, "iter_rows", None)):  # polars
        rows: Iterator[Record] = value.iter_rows(named=True)
        return rows
    if hasattr(kind, "to_pylist") and hasattr(kind, "column_names"):  # Arrow
        return _arrow_rows(value)
    if all(hasattr(kind, name) for name in ("to_list", "to_frame", "is_sorted")):
        return ({value.name or "value": item} for item in value)  # a Series of polars
    if _is_series(value):
        return iter([_make_row(value)]) if _is_row(value) else _column_rows(value)
    if getattr(getattr(value, "dtype", None), "names", None) and value.ndim == 1:
        return _structured_rows(value)
    if _is_labelled_row(value):
        return iter([_make_row(value[1])])
    return None


def is_missing(value: Any) -> bool:
    """Return whether this is pandas' NA or NaT."""
    return type(value).__name__ in ("NAType", "NaTType")


def _frame_rows(frame: Any) -> Iterator[Record]:
    index = _index_columns(frame.index)
    names = _make_unique([*index, *map(_name, frame.columns)])
    for row in frame.itertuples(index=bool(index), name=None):
        if len(index) > 1:
            row = (*row[0], *row[1:])
        yield dict(zip(names, map(_none_if_missing, row), strict=True))


def _column_rows(series: Any) -> Iterator[Record]:
    index = _index_columns(series.index)
    name = "value" if series.name is None else _name(series.name)
    names = _make_unique([*index, name])
    for label, value in series.items():
        labels = label if len(index) > 1 else (label,) if index else ()
        yield dict(zip(names, map(_none_if_missing, (*labels, value)), strict=True))


def _make_row(series: Any) -> Record:
    names = _make_unique([_name(label) for label in series.index])
    return dict(zip(names, map(_none_if_missing, series.tolist()), strict=True))


def _arrow_rows(table: Any) -> Iterator[Record]:
    for batch in table.to_batches() if hasattr(table, "to_batches") else [table]:
        yield from batch.to_pylist()


def _structured_rows(array: Any) -> Iterator[Record]:
    names = array.dtype.names
    for row in array.tolist():
        yield dict(zip(names, row, strict=True))


def _is_series(value: Any) -> bool:
    kind = type(value)
    return all(hasattr(kind, name) for name in ("to_frame", "index", "items", "tolist"))


def _is_row(series: Any) -> bool:
    return len(series) > 0 and all(isinstance(label, str) for label in series.index)


def _is_labelled_row(value: Any) -> bool:
    """Return whether this is an item of `DataFrame.iterrows`."""
    return type(value) is tuple and len(value) == 2 and _is_series(value[1])


def _index_columns(index: Any) -> list[str]:
    """Return the column names of an index; empty for one that only numbers the rows."""
    names = list(index.names)
    if all(name is None for name in names):
        if len(names) == 1 and index.dtype.kind in "iu":
            return []
        if len(names) == 1:
            return ["index"]
    return [
        f"level_{place}" if name is None else _name(name)
        for place, name in enumerate(names)
    ]


def _name(label: Any) -> str:
    return ".".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _make_unique(names: Sequence[str]) -> list[str]:
    """Return the names, with a number appended to repeated ones."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, count = name, 0
        while free in taken:
            count += 1
            free = f"{name}.{count}"
        taken.add(free)
        found.append(free)
    return found


def _none_if_missing(value: Any) -> Any:
    # NaN marks a missing number; it is the only value that differs from itself.
    if is_missing(value) or (isinstance(value, float) and value != value):
        return None
    return value
