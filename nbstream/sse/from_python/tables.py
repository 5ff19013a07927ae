"""Tables of pandas, polars, Arrow and numpy as records: a dict a row.

No library is imported: what has the methods of a table is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def records(value: Any) -> Iterator[Record] | None:
    """Return the rows of a table, one by one; None if the value is no table.

    The index of a pandas table is a column where it tells something: it has a name, or
    labels that are not numbers. A Series whose labels are names is one row, and any
    other a column. What pandas holds as missing is None.
    """
    kind = type(value)
    if hasattr(kind, "itertuples") and hasattr(kind, "columns"):
        return _of_frame(value)
    if callable(getattr(kind, "iter_rows", None)):  # polars
        rows: Iterator[Record] = value.iter_rows(named=True)
        return rows
    if hasattr(kind, "to_pylist") and hasattr(kind, "column_names"):  # Arrow
        return _of_arrow(value)
    if all(hasattr(kind, name) for name in ("to_list", "to_frame", "is_sorted")):
        return ({value.name or "value": item} for item in value)  # a Series of polars
    if _is_series(value):
        return iter([_row(value)]) if _is_row(value) else _of_column(value)
    if getattr(getattr(value, "dtype", None), "names", None) and value.ndim == 1:
        return _of_structured(value)
    if _is_labelled_row(value):
        return iter([_row(value[1])])
    return None


def is_missing(value: Any) -> bool:
    """Whether this is one of the values with which pandas marks a missing value."""
    return type(value).__name__ in ("NAType", "NaTType")


def _of_frame(frame: Any) -> Iterator[Record]:
    index = _telling_index(frame.index)
    names = _distinct([*index, *map(_name, frame.columns)])
    for row in frame.itertuples(index=bool(index), name=None):
        if len(index) > 1:
            row = (*row[0], *row[1:])
        yield dict(zip(names, map(_present, row), strict=True))


def _of_column(series: Any) -> Iterator[Record]:
    index = _telling_index(series.index)
    name = "value" if series.name is None else _name(series.name)
    names = _distinct([*index, name])
    for label, value in series.items():
        labels = label if len(index) > 1 else (label,) if index else ()
        yield dict(zip(names, map(_present, (*labels, value)), strict=True))


def _row(series: Any) -> Record:
    names = _distinct([_name(label) for label in series.index])
    return dict(zip(names, map(_present, series.tolist()), strict=True))


def _of_arrow(table: Any) -> Iterator[Record]:
    for batch in table.to_batches() if hasattr(table, "to_batches") else [table]:
        yield from batch.to_pylist()


def _of_structured(array: Any) -> Iterator[Record]:
    names = array.dtype.names
    for row in array.tolist():
        yield dict(zip(names, row, strict=True))


def _is_series(value: Any) -> bool:
    kind = type(value)
    return all(hasattr(kind, name) for name in ("to_frame", "index", "items", "tolist"))


def _is_row(series: Any) -> bool:
    return len(series) > 0 and all(isinstance(label, str) for label in series.index)


def _is_labelled_row(value: Any) -> bool:
    """Whether this is what `DataFrame.iterrows` yields."""
    return type(value) is tuple and len(value) == 2 and _is_series(value[1])


def _telling_index(index: Any) -> list[str]:
    """Return the names of an index that tells something; none of one that counts."""
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


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names, with a number behind those that were there before."""
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


def _present(value: Any) -> Any:
    # A number that is missing is not a number, the only value that is not itself.
    if is_missing(value) or (isinstance(value, float) and value != value):
        return None
    return value
