"""What a cell yields: values of common libraries, as rows with names."""

from __future__ import annotations

import sqlite3
from collections import Counter, deque, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, ConfigDict
from pydantic.v1 import BaseModel as OldModel

import nbstream
from nbstream.sse import to_event
from nbstream.updates import LogLine, Progress, Row, Text

pytestmark = pytest.mark.anyio


async def rows(*values: Any) -> list[Any]:
    """Return the rows of a stream that yields these."""
    stream = nbstream.stream(iter(values), dialect="standard")
    updates = [update async for update in stream]
    assert all(isinstance(update, Row) for update in updates), updates
    return [update.data for update in updates if isinstance(update, Row)]


class Colour(Enum):
    RED = "red"


@dataclass
class Inner:
    path: Path
    when: date


@dataclass
class Run:
    name: str
    inner: Inner
    colours: set[Colour]


@attrs.define
class Pump:
    site: str
    flow: float


class City(BaseModel):
    name: str
    founded: date
    area: Decimal


class OldCity(OldModel):
    name: str
    founded: date


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    weights: np.ndarray
    raw: bytes


Point = namedtuple("Point", ["x", "y"])


class Record:
    """A row as several database drivers return it."""

    def keys(self) -> list[str]:
        return ["a", "b"]

    def __getitem__(self, name: str) -> str:
        return name.upper()


class Shape:
    def __init__(self) -> None:
        self.sides = 3
        self._cache = "not for others"


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (
            Run("r1", Inner(Path("/data/x"), date(2026, 11, 27)), {Colour.RED}),
            {
                "name": "r1",
                "inner": {"path": "/data/x", "when": "2026-11-27"},
                "colours": ["red"],
            },
        ),
        (Point(1, Point(2, None)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Pump("north", 1.5), {"site": "north", "flow": 1.5}),
        (
            City(name="Ulm", founded=date(854, 7, 22), area=Decimal("118.69")),
            {"name": "Ulm", "founded": "0854-07-22", "area": "118.69"},
        ),
        (
            OldCity(name="Ulm", founded=date(854, 7, 22)),
            {"name": "Ulm", "founded": "0854-07-22"},
        ),
        (
            Holder(weights=np.array([1.5, 2.5]), raw=b"\xff"),
            {"weights": [1.5, 2.5], "raw": "\ufffd"},
        ),
        (SimpleNamespace(a=1), {"a": 1}),
        (Record(), {"a": "A", "b": "B"}),
        (Shape(), {"sides": 3}),
        ({"when": datetime(2026, 1, 2, 3, 4)}, {"when": "2026-01-02T03:04:00"}),
        ({"cities": [Pump("a", 1.0)]}, {"cities": [{"site": "a", "flow": 1.0}]}),
        ({("a", "b"): 1, date(2026, 1, 2): 2}, {"a.b": 1, "2026-01-02": 2}),
        ({"type": 3, "x": 1}, {"type": 3, "x": 1}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (Colour.RED, {"value": "red"}),
        (timedelta(seconds=90), {"value": "0:01:30"}),
        (Decimal("1.1"), {"value": 1.1}),
        (Decimal(10**20), {"value": 10**20}),
        (Decimal("0.12345678901234567890"), {"value": "0.12345678901234567890"}),
        ({3, 1, 2}, {"value": [1, 2, 3]}),
        (deque([1]), {"value": [1]}),
        (range(3), {"value": [0, 1, 2]}),
        (np.float32(1.5), {"value": 1.5}),
        (np.array([[1, 2], [3, 4]]), {"value": [[1, 2], [3, 4]]}),
        (np.datetime64("2026-01-02T00:00:00", "ns"), "2026-01-02T00:00:00.000000000"),
        (pd.Timestamp("2026-01-02"), {"value": "2026-01-02T00:00:00"}),
        (pd.NaT, {"value": None}),
        (pd.NA, {"value": None}),
        (ValueError("too deep"), {"error": "ValueError", "message": "too deep"}),
        ({"why": KeyError("k")}, {"why": "KeyError: 'k'"}),
        (int, {"value": "<class 'int'>"}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_value_is_a_row_with_names(value: Any, row: Any) -> None:
    assert await rows(value) == [row if isinstance(row, dict) else {"value": row}]


async def test_a_database_row_has_the_names_of_its_columns() -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("select 1 as id, 'Ulm' as name, 'city' as type")
        assert await rows(*found) == [{"id": 1, "name": "Ulm", "type": "city"}]
    connection.close()


async def test_bytes_are_text_at_any_chunk_boundary() -> None:
    whole = "Grüße, 世界 🌊".encode()
    stream = await nbstream.stream([whole[n : n + 1] for n in range(len(whole))])
    assert stream.text == "Grüße, 世界 🌊"
    cut = await nbstream.stream([whole[:3]])
    assert cut.text == "Gr\ufffd", "nothing is lost at the end"


class Step(BaseModel):
    type: Literal["progress"] = "progress"
    current: int
    total: int


class Finding(BaseModel):
    type: str
    level: str
    data: str = "of its own"


async def test_an_object_of_the_protocol_keeps_its_type_and_others_are_rows() -> None:
    values = [
        Step(current=1, total=4),
        {"type": "log", "message": np.int64(7), "level": "info"},
        Finding(type="leak", level="high"),
        Finding(type="log", level="high"),
        "text",
    ]
    stream = nbstream.stream(iter(values), dialect="standard")
    assert [update async for update in stream] == [
        Progress(current=1, total=4, percent=25),
        LogLine("7", "info"),
        Row({"type": "leak", "level": "high", "data": "of its own"}),
        Row({"type": "log", "level": "high", "data": "of its own"}),
        Text("text"),
    ]


async def test_an_object_that_only_has_data_is_a_row_too() -> None:
    @dataclass
    class Boxed:
        data: dict[str, int]

    assert await rows(Boxed({"a": 1})) == [{"data": {"a": 1}}]


def test_a_model_is_sent_as_it_is_so_that_a_vendors_fields_can_be_seen() -> None:
    event = to_event(City(name="Ulm", founded=date(854, 7, 22), area=Decimal(1)))
    assert (event.event, event.json()["name"]) == ("item", "Ulm")
    assert to_event({"name": "Ulm"}).json() == {"type": "item", "data": {"name": "Ulm"}}


def test_an_event_may_have_an_id_and_a_time() -> None:
    event = to_event("hello", id="run-7", retry=100)
    assert (event.id, event.retry) == ("run-7", 100)
    assert event.json() == {"type": "content", "data": "hello"}
    assert to_event(event, id="run-8") == event._replace(id="run-8")


class Broken(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        raise RuntimeError("no")


async def test_a_value_that_cannot_be_serialised_is_shown_by_its_repr() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    (holds_itself,) = await rows(loop)
    assert holds_itself == {"value": "[[...]]"}
    (broken,) = await rows(Broken())
    assert broken == {"value": "Broken()"}
    assert len(await rows(deep)) == 1
    shared = {"a": 1}
    assert await rows([shared, shared]) == [{"value": [shared, shared]}]
