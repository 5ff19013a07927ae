"""Python values as JSON: those of the usual libraries too, none of which is imported.

A library is known by what its objects can do, so that a value costs no import, and
what is made like it works the same.
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
# Where SDKs have the events of their helpers, whose `snapshot` is the whole answer so
# far: written out with each event, a long answer would take its length squared.
_SDK_HELPERS = ("openai.lib.", "anthropic.lib.")


def is_large(value: Any) -> bool:
    """Whether to write a value as JSON takes long: a dict, list or tuple of more than
    `_MANY` values, nested ones counted."""
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
    """Return a value as JSON has it: str, int, float, bool, None, list or dict.

    Objects that name their fields become dicts: dataclasses, named tuples, models of
    pydantic, attrs and msgspec, and rows of databases. DataFrames become lists of
    dicts, arrays lists, dates their ISO form, an Enum its value, bytes the UTF-8 text
    that they hold, and a Decimal a number where that loses nothing. Whatever else is
    its `str`.

    Raises:
        ValueError: if the value holds itself.
        RecursionError: if it is nested too deeply.
    """
    return _to_json(value, set())


def named_fields(value: Any) -> Mapping[Any, Any] | None:
    """Return the fields of an object by name; None if it does not name them."""
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
    """Return the fields of an object whose class declares them, as SDKs declare what
    they yield: pydantic, dataclasses, attrs, msgspec; None for any other."""
    kind = type(value)
    if callable(getattr(kind, "model_dump", None)):
        found = _dumped(value)
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


def _dumped(model: Any) -> Any:
    """Dump a model as its author wants it in JSON, and where that fails as it is."""
    options: dict[str, Any] = {"mode": "json", "warnings": False}
    try:
        if type(model).__module__.startswith(_SDK_HELPERS):
            dumped = model.model_dump(**options, exclude={"snapshot"})
            # That there is one is how these events are known.
            return dumped | ({"snapshot": None} if hasattr(model, "snapshot") else {})
        return model.model_dump(**options)
    except Exception:
        # A field of a type that pydantic cannot write, or a `model_dump` that is not
        # pydantic's.
        return model.model_dump()


def _to_json(value: Any, holders: set[int]) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return _to_json(value.value, holders)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return codecs.decode(value, "utf-8", "replace")
    if id(value) in holders:
        raise ValueError("the value holds itself")
    holders.add(id(value))
    try:
        # Asking these what they can do would take most of the time, in the event loop.
        if type(value) is dict:
            return {_key(n): _to_json(item, holders) for n, item in value.items()}
        if type(value) is list:
            return [_to_json(item, holders) for item in value]
        if isinstance(value, date | time | Decimal) and not is_missing(value):
            return _scalar(value)
        return _composed(value, holders)
    finally:
        holders.discard(id(value))


def _composed(value: Any, holders: set[int]) -> Any:
    if (rows := records(value)) is not None:
        return [_to_json(row, holders) for row in rows]
    if (fields := named_fields(value)) is not None:
        return {_key(name): _to_json(item, holders) for name, item in fields.items()}
    if isinstance(value, Sequence | ValuesView):
        return [_to_json(item, holders) for item in value]
    if isinstance(value, Set):
        return _sorted([_to_json(item, holders) for item in value])
    found = _scalar(value)
    return found if type(found) in _PLAIN else _to_json(found, holders)


def _scalar(value: Any) -> Any:
    """Return a value that has no parts that we know, as something that JSON has."""
    if is_missing(value):
        return None
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}".removesuffix(": ")
    if isinstance(value, timedelta):
        return str(value)
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return value.astype(str).tolist()  # numpy has the times of nanoseconds as int
    for name in ("tolist", "to_pylist", "to_list", "as_py", "isoformat", "model_dump"):
        if (method := _method(value, name)) is not None:
            return method()
    kind: Any = type(value)
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        # Its words would be no more than an address.
        public = {k: v for k, v in _attributes(value).items() if k[:1] != "_"}
        if public:
            return public
    return str(value)


def _attributes(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = getattr(value, "__dict__", {})
    return found


def _method(value: Any, name: str) -> Callable[[], Any] | None:
    # Looked up on the class: an object may make up attributes as it is asked for them.
    return getattr(value, name) if callable(getattr(type(value), name, None)) else None


def _number(value: Decimal) -> int | float | str:
    if value.is_nan():
        return float("nan")
    if value.is_finite() and value == value.to_integral_value():
        return int(value) if value.adjusted() < 30 else str(value)
    approximate = float(value)
    return approximate if Decimal(repr(approximate)) == value else str(value)


def _key(name: Any) -> Any:
    if type(name) in _PLAIN:
        return name
    if isinstance(name, tuple):  # of several levels, as of a pivot table
        return ".".join(str(_key(part)) for part in name)
    found = _scalar(name) if not isinstance(name, Enum) else name.value
    return found if type(found) in _PLAIN else str(name)


def _sorted(items: list[Any]) -> list[Any]:
    """Return the items of a set in the same order each time, if they can be sorted."""
    try:
        return sorted(items)
    except TypeError:
        return items
