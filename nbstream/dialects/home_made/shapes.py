"""Infer the shape of home-made JSON objects: text, a chart, or a table.

The shape follows from the first objects with about the same fields, not from names
alone: the text of an answer changes from event to event, ids and types are constant,
counts go up by one. `shape_of` is a pure function of these objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ..json.fields import is_number
from .field_names import (
    is_amount_name,
    is_done_name,
    is_fact_name,
    is_fact_value,
    is_id_name,
    is_label_name,
    is_step_name,
    is_text_name,
    is_time_name,
)
from .times import seconds_of

Path = tuple[str | int, ...]

_MAX_DEPTH = 5
_MAX_LEAVES = 100


@dataclass(frozen=True, slots=True)
class TextField:
    """Each object has a text at one path."""

    path: Path
    grows: bool = False
    """True if each text begins with the one before: only its rest is new."""
    guessed: bool = field(default=False, compare=False)
    """True if neither the name of the field nor the text itself confirms it."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Each object has the numbers of one step or time."""

    axis: str
    of_time: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Each object is a row."""

    guessed: bool = field(default=False, compare=False)
    """True if there is only one object so far, or if no field is certainly content."""


Shape = TextField | Chart | Table


def shape_of(objects: Sequence[dict[str, Any]]) -> Shape | None:
    """Return the shape of objects with about the same fields; None if it is not known.

    Args:
        objects: the first of them, at least one, in order.
    """
    columns = _columns(objects)
    if found := _find_text(columns, len(objects)):
        return found
    if found_chart := _find_chart(columns, len(objects)):
        return found_chart
    scalars = [path for path in columns if len(path) == 1]
    nested = {path[0] for path in columns if len(path) > 1}
    # A single object is a row if it has enough columns; with a `type` it needs more, as
    # it is more likely to be an event of a protocol.
    enough = 1 if len(objects) > 1 else 4 if "type" in objects[0] else 2
    if len(scalars) < enough or len(scalars) < len(nested):
        return None
    if all(_is_fact(path, values) for path, values in columns.items()):
        # Ids, types and times are not content; but several that change make it a row.
        count = len(objects)
        changing = sum(not _is_constant(columns[path], count) for path in scalars)
        return Table(guessed=True) if count > 1 and changing > 1 else None
    return Table(guessed=len(objects) == 1)


def _is_fact(path: Path, values: Sequence[Any]) -> bool:
    """True for a column of facts. An amount or a level that varies is content."""
    varies = is_amount_name(_name(path)) and len(set(map(repr, values))) > 1
    return is_fact_name(_name(path)) and not (varies and is_number(values[0]))


# -- columns: the values of all objects at one path ------------------------------------


def _columns(objects: Sequence[dict[str, Any]]) -> dict[Path, list[Any]]:
    """Return the scalars at each path, without nulls."""
    columns: dict[Path, list[Any]] = {}
    for one in objects:
        for count, (path, value) in enumerate(_leaves(one, ())):
            if count >= _MAX_LEAVES:
                break
            if value is not None:
                columns.setdefault(path, []).append(value)
    return columns


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        if len(path) < _MAX_DEPTH:
            for name, inner in value.items():
                yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        # A list of one item is a wrapper; items of longer lists have no common path.
        if len(value) == 1 and len(path) < _MAX_DEPTH:
            yield from _leaves(value[0], (*path, 0))
    elif path:
        yield path, value


def _name(path: Path) -> str:
    """Return the name of a column: that of the innermost named field."""
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "")


def _is_constant(values: Sequence[Any], count: int) -> bool:
    return len(values) == count > 1 and all(value == values[0] for value in values)


def _counts_up(values: Sequence[Any]) -> bool:
    """True if integers go up by a constant step."""
    if len(values) < 2 or any(type(value) is not int for value in values):
        return False
    step = values[1] - values[0]
    return step > 0 and all(b - a == step for a, b in pairwise(values))


# -- text ------------------------------------------------------------------------------


def _find_text(columns: dict[Path, list[Any]], count: int) -> TextField | None:
    texts = {
        path: values
        for path, values in columns.items()
        if all(isinstance(value, str) for value in values)
        and (not is_fact_name(_name(path)) or _name(path) == "t")
        and not (any(values) and all(map(is_fact_value, filter(None, values))))
    }
    if len(texts) > 1:
        texts = _candidates(texts, count)
    if len(texts) != 1:
        return None
    [(path, values)] = texts.items()
    named = is_text_name(_name(path))
    sure = _has_piece_edges(values) or _grows(values)
    rest = {p: v for p, v in columns.items() if p != path}
    if count > 1 and not sure and is_label_name(_name(path)):
        others = [v for v in rest.values() if not _is_constant(v, count)]
        if others:
            return None  # names of things, each with an id or a date: rows
    for other, numbers in rest.items():
        if not is_number(numbers[0]):
            continue
        if is_fact_name(_name(other)):
            if not (sure or named) and _is_varying_amount(_name(other), numbers):
                return None  # such as the frequency of a word: a row
            continue
        counted = _is_constant(numbers, count) or _counts_up(numbers)
        if not sure and not (named and (counted or _is_count(numbers))):
            return None  # a text beside measurements: a row
    alone = (len(path) == 1 or count > 1) and _has_only_facts(rest, values)
    if not (named or sure or alone):
        return None
    return TextField(path, _grows(values), guessed=count == 1 and not named)


def _is_varying_amount(name: str, numbers: Sequence[Any]) -> bool:
    """True for integers named as an amount or a level that change unevenly."""
    if not is_amount_name(name) or any(type(n) is not int for n in numbers):
        return False
    return len({b - a for a, b in pairwise(numbers)}) > 1


def _candidates(texts: dict[Path, list[str]], count: int) -> dict[Path, list[str]]:
    """Return those of several texts that may be the content of the stream."""
    if count == 1:
        # At most one other string beside the text: more make it a row.
        alike = {path: v for path, v in texts.items() if is_text_name(_name(path))}
        return alike if len(alike) == 1 and len(texts) == 2 else texts
    changing = {p: v for p, v in texts.items() if not _is_constant(v, count)}
    if not changing:
        return {path: v for path, v in texts.items() if is_text_name(_name(path))}
    if len(changing) > 1:
        return changing
    [(path, values)] = changing.items()
    by_name = is_text_name(_name(path))
    return changing if by_name or _has_piece_edges(values) or _grows(values) else texts


def _is_count(numbers: Sequence[Any]) -> bool:
    return len(numbers) == 1 and type(numbers[0]) is int


def _has_only_facts(rest: dict[Path, list[Any]], values: Sequence[str]) -> bool:
    """True if there are only facts beside a text of any name."""
    return all(
        is_fact_name(_name(path))
        or all(map(is_fact_value, column))
        # A flag that ends the stream is a fact; one of each object is a column.
        or (is_done_name(_name(path)) and not _is_column(column, values))
        for path, column in rest.items()
    )


def _is_column(flags: Sequence[Any], values: Sequence[str]) -> bool:
    """True if a flag is set before the last text, or with one that is not empty."""
    return any(flags[:-1]) or bool(flags[-1] and values[-1])


def _has_piece_edges(values: Sequence[str]) -> bool:
    """True if a text begins or ends with a space, or has no word, as pieces do."""
    return any(
        value[0].isspace() or value[-1].isspace() for value in values if value
    ) or any(not any(map(str.isalnum, value)) for value in values if value)


def _grows(values: Sequence[str]) -> bool:
    """True if each text begins with the whole of the one before."""
    filled = [value for value in values if value]
    if len(filled) < 2 or not all(b.startswith(a) for a, b in pairwise(filled)):
        return False
    longer = sum(len(b) > len(a) for a, b in pairwise(filled))
    # Two texts may do so by chance: tokens such as "a" and "an".
    return longer >= 2 or (longer == 1 and " " in filled[0].strip())


# -- chart -----------------------------------------------------------------------------


def _find_chart(columns: dict[Path, list[Any]], count: int) -> Chart | None:
    # The numbers may be in one nested object, with the step in the outer one.
    within = {path[0] for path in columns if len(path) > 1}
    flat = {str(path[-1]): v for path, v in columns.items()}
    if len(within) > 1 or len(flat) < len(columns) or any(len(p) > 2 for p in columns):
        return None
    numbers = {
        name: values for name, values in flat.items() if all(map(is_number, values))
    }
    texts = [
        name
        for name, values in flat.items()
        if isinstance(values[0], str)
        and not is_time_name(name)
        and not _is_constant(values, count)
    ]
    if texts and (count > 1 or not any(map(is_step_name, numbers))):
        return None
    steps = [name for name in numbers if is_step_name(name)]
    times = [name for name, values in flat.items() if _is_time_column(name, values)]
    axis = next(iter(steps + times), None)
    if within and not steps:
        return None
    if axis is None:
        axis = _find_unnamed_axis(numbers, count)
    measures = [
        name
        for name in numbers
        if name != axis and name not in times and not is_id_name(name)
    ]
    if axis is None or not measures:
        return None
    return Chart(axis, of_time=axis in times and axis not in steps)


def _find_unnamed_axis(numbers: dict[str, list[Any]], count: int) -> str | None:
    """Return the number that counts up beside measurements; None if there is none."""
    if count < 3:
        return None
    counting = [n for n, values in numbers.items() if _counts_up(values)]
    measured = any(type(value) is float for v in numbers.values() for value in v)
    alone = len(counting) == 1 and not is_id_name(counting[0])
    return counting[0] if alone and measured else None


def _is_time_column(name: str, values: Sequence[Any]) -> bool:
    if not is_time_name(name):
        return False
    return all(seconds_of(value) is not None for value in values)
