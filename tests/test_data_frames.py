"""Data frames, series and arrays as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbstream
from nbstream.updates import Row

pytestmark = pytest.mark.anyio


async def rows(*values: Any) -> list[Any]:
    """Return the rows of a stream that yields these."""
    stream = nbstream.stream(iter(values), dialect="standard")
    updates = [update async for update in stream]
    assert all(isinstance(update, Row) for update in updates), updates
    return [update.data for update in updates if isinstance(update, Row)]


FRAME = pd.DataFrame(
    {"site": ["a", "b"], "flow": [1.5, np.nan], "at": [pd.Timestamp(0), pd.NaT]}
)
TWO = [
    {"site": "a", "flow": 1.5, "at": "1970-01-01T00:00:00"},
    {"site": "b", "flow": None, "at": None},
]


async def test_a_frame_is_an_item_a_row() -> None:
    """Yielded whole, in chunks, row by row, or followed as the source."""
    assert await rows(FRAME) == TWO
    assert await rows(FRAME[:1], FRAME[1:]) == TWO
    assert await rows(*FRAME.iterrows()) == TWO
    first, _ = await rows(*FRAME.itertuples(index=False))
    assert first == TWO[0]
    followed = await nbstream.stream(FRAME)
    assert followed.events_received == 2


async def test_a_meaningful_index_is_a_column() -> None:
    assert await rows(FRAME.set_index("site")) == TWO
    assert await rows(FRAME.set_index(["site", "flow"])) == TWO
    described = await rows(FRAME[["flow"]].describe())
    assert described[0] == {"index": "count", "flow": 1.0}
    assert await rows(FRAME[["site"]].iloc[1:]) == [{"site": "b"}], "a mere position"


async def test_columns_with_equal_names_are_kept_apart() -> None:
    twice = pd.concat([FRAME[["site"]], FRAME[["site"]]], axis=1)
    assert (await rows(twice))[0] == {"site": "a", "site.1": "a"}
    pivot = FRAME.pivot_table(index="site", values="flow", aggfunc=["mean", "max"])
    assert await rows(pivot) == [{"site": "a", "mean.flow": 1.5, "max.flow": 1.5}]


async def test_a_series_is_a_row_if_its_labels_are_names_and_else_a_column() -> None:
    assert await rows(FRAME.iloc[0]) == TWO[:1]
    assert await rows(FRAME["site"]) == [{"site": "a"}, {"site": "b"}]
    dated = pd.Series([1, 2], index=pd.date_range("2026-01-01", periods=2))
    assert (await rows(dated))[1] == {"index": "2026-01-02T00:00:00", "value": 2}


async def test_a_frame_within_a_value_is_a_list_of_rows() -> None:
    assert await rows({"result": FRAME}) == [{"result": TWO}]


async def test_a_structured_array_is_a_table() -> None:
    kind = [("site", "U8"), ("flow", float)]
    array = np.array([("a", 1.5), ("b", 2.5)], dtype=kind)
    both = [{"site": "a", "flow": 1.5}, {"site": "b", "flow": 2.5}]
    assert await rows(array) == both
    assert await rows(array[0]) == both[:1]


class Polars:
    """A frame like polars', that gives its rows by name."""

    def iter_rows(self, *, named: bool) -> Iterator[Mapping[str, Any]]:
        assert named
        return iter([{"a": 1}, {"a": 2}])


async def test_a_frame_that_is_not_of_pandas_is_a_table_too() -> None:
    assert await rows(Polars()) == [{"a": 1}, {"a": 2}]


async def test_a_large_frame_is_not_held_in_memory_twice() -> None:
    """Its rows are converted on demand: nothing waits for the last one."""
    large = pd.DataFrame({"n": np.arange(3_000_000)})
    stream = nbstream.stream(large)
    async for update in stream:
        assert update == Row({"n": 0})
        break
    stream.cancel()
    await stream
    assert stream.events_received < 100_000
