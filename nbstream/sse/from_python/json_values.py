"""Convert Python values to JSON, those of the usual libraries too.

No library is imported: its objects are recognised by their methods (duck typing), so
objects of similar libraries work the same.
"""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set, ValuesView
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

from .tables import is_missing, records

_NESTING = frozenset([dict, list, tuple])
_MANY = 5_000
_PLAIN = frozenset([str, int, float, bool, type(None)])
# Modules of SDK events whose `snapshot` is the whole answer so far: written out with
# each event, a long answer would take quadratic space.
_SDK_HELPERS = ("openai.lib.", "anthropic.lib.")


def is_large(value: Any) -> bool:
    """Return whether encoding a value takes long: a dict, list or tuple of more than
    5,000 values, nested ones included."""
    if type(value) not in _NESTING:
        return False
    waiting, left = [value], _MANY
    while waiting:
        one = waiting.pop()
        left -= len(one)
        if left < 0:
            return True
        inner = one.values() if type(one) is dict else one
        waiting += [each for each in inner if type(each) in _NESTING]
    return False


def to_json(value: Any) -> Any:
    """Return a value as str, int, float, bool, None, list or dict.

    Objects that name their fields become dicts: dataclasses, named tuples, models of
    pydantic, attrs and msgspec, and rows of databases. DataFrames become lists of
    dicts, arrays lists, dates their ISO form, an Enum its value, bytes UTF-8 text, and
    a Decimal a number if that loses no digits. Any other value is its `str`.

    Raises:
        ValueError: if the value contains itself.
        RecursionError: if it is nested too deeply.
    """
    return _convert(value, set())


def named_fields(value: Any) -> Mapping[Any, Any] | None:
    """Return the fields of an object by name; None if it has no named fields."""
    kind = type(value)
    if (model := model_fields(value)) is not None:
        return model
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple):
        names = getattr(kind, "_fields", None)
        return None if names is None else dict(zip(names, value, strict=False))
    if isinstance(value, SimpleNamespace):
        return vars(value)
    if isinstance(row := getattr(value, "_mapping", None), Mapping):
        return row  # of SQLAlchemy
    if callable(getattr(kind, "keys", None)) and hasattr(kind, "__getitem__"):
        return {name: value[name] for name in value.keys()}  # noqa: SIM118
    columns = getattr(getattr(value, "dtype", None), "names", None)
    if columns and getattr(value, "ndim", None) == 0:
        return {name: value[name] for name in columns}  # a record of numpy
    return None


def model_fields(value: Any) -> Mapping[str, Any] | None:
    """Return the fields of an object whose class declares them: pydantic, dataclasses,
    attrs, msgspec; None for any other."""
    kind = type(value)
    if callable(getattr(kind, "model_dump", None)):
        found = _dump_model(value)
        return found if isinstance(found, Mapping) else None
    if hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):
        found = value.dict()  # pydantic before 2
        return found if isinstance(found, Mapping) else None
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    elif attributes := getattr(kind, "__attrs_attrs__", None):
        names = [attribute.name for attribute in attributes]
    else:
        names = list(getattr(kind, "__struct_fields__", ()))
    return {name: getattr(value, name, None) for name in names} if names else None


def _dump_model(model: Any) -> Any:
    """Dump a model in its own JSON form, and if that fails in its Python form."""
    options: dict[str, Any] = {"mode": "json", "warnings": False}
    try:
        if type(model).__module__.startswith(_SDK_HELPERS):
            dumped = model.model_dump(**options, exclude={"snapshot"})
            # These events are recognised by having a `snapshot`.
            return dumped | ({"snapshot": None} if hasattr(model, "snapshot") else {})
        return model.model_dump(**options)
    except Exception:
        # A field of a type that pydantic cannot write, or a `model_dump` that is not
        # pydantic's.
        return model.model_dump()


def _convert(value: Any, holders: set[int]) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return _convert(value.value, holders)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return codecs.decode(value, "utf-8", "replace")
    if id(value) in holders:
        raise ValueError("the value holds itself")
    holders.add(id(value))
    try:
        # A shortcut: the checks of `_convert_composed` would take most of the time.
        if type(value) is dict:
            return {
                _convert_key(n): _convert(item, holders) for n, item in value.items()
            }
        if type(value) is list:
            return [_convert(item, holders) for item in value]
        if isinstance(value, date | time | Decimal) and not is_missing(value):
            return _convert_scalar(value)
        return _convert_composed(value, holders)
    finally:
        holders.discard(id(value))


def _convert_composed(value: Any, holders: set[int]) -> Any:
    if (rows := records(value)) is not None:
        return [_convert(row, holders) for row in rows]
    if (fields := named_fields(value)) is not None:
        return {
            _convert_key(name): _convert(item, holders) for name, item in fields.items()
        }
    if isinstance(value, Sequence | ValuesView):
        return [_convert(item, holders) for item in value]
    if isinstance(value, Set):
        return _sort_items([_convert(item, holders) for item in value])
    found = _convert_scalar(value)
    return found if type(found) in _PLAIN else _convert(found, holders)


def _convert_scalar(value: Any) -> Any:
    """Return a value without known parts as a JSON value."""
    if is_missing(value):
        return None
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _convert_decimal(value)
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}".removesuffix(": ")
    if isinstance(value, timedelta):
        return str(value)
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return value.astype(str).tolist()  # numpy's `tolist` gives nanoseconds as int
    for name in ("tolist", "to_pylist", "to_list", "as_py", "isoformat", "model_dump"):
        if (method := _method(value, name)) is not None:
            return method()
    kind: Any = type(value)
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        # Its `str` would only be an address.
        public = {k: v for k, v in _attributes(value).items() if k[:1] != "_"}
        if public:
            return public
    return str(value)


def _attributes(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = getattr(value, "__dict__", {})
    return found


def _method(value: Any, name: str) -> Callable[[], Any] | None:
    # Looked up on the class: an object's `__getattr__` may make up any attribute.
    return getattr(value, name) if callable(getattr(type(value), name, None)) else None


def _convert_decimal(value: Decimal) -> int | float | str:
    if value.is_nan():
        return float("nan")
    if value.is_finite() and value == value.to_integral_value():
        return int(value) if value.adjusted() < 30 else str(value)
    approximate = float(value)
    return approximate if Decimal(repr(approximate)) == value else str(value)


def _convert_key(name: Any) -> Any:
    if type(name) in _PLAIN:
        return name
    if isinstance(name, tuple):  # of several levels, as of a pivot table
        return ".".join(str(_convert_key(part)) for part in name)
    found = _convert_scalar(name) if not isinstance(name, Enum) else name.value
    return found if type(found) in _PLAIN else str(name)


def _sort_items(items: list[Any]) -> list[Any]:
    """Return the items of a set in a stable order, if they can be sorted."""
    try:
        return sorted(items)
    except TypeError:
        return items
