"""Classifying undocumented JSON objects by their shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.dialects.home_made.shapes import Chart, Shape, Table, TextField, shape_of
from nbstream.dialects.json.fields import lookup

from .json_strategies import json_values

TOKENS = ["The", " tide", " turns", "."]


@pytest.mark.parametrize(
    ("objects", "shape"),
    [
        # A name for text is enough; another name needs pieces of text, or to be alone
        # among facts.
        ([{"token": "A"}], TextField(("token",))),
        ([{"qux": "A"}], TextField(("qux",))),
        ([{"id": "r1", "qux": "A", "created_at": 3}], TextField(("qux",))),
        ([{"token": "A", "logprob": -0.5}], TextField(("token",))),
        ([{"a": 1, "b": "x", "c": "y"}], Table()),
        # Two texts that change are columns; of two where one stays, the other is it.
        ([{"who": "A", "text": "x"}, {"who": "B", "text": "y"}], Table()),
        (
            [{"who": "A", "text": "x"}, {"who": "A", "text": "y"}],
            TextField(("text",)),
        ),
        # Next to a measure a text is a column.
        ([{"name": "oar", "price": 32.5}], Table()),
        ([{"name": "oar", "count": 3}], TextField(("name",))),
        # Nested, in lists of one.
        ([{"out": [{"text": "A"}]}], TextField(("out", 0, "text"))),
        ([{"out": [{"text": "A"}, {"text": "B"}]}], None),
        # Numbers, next to a counter.
        ([{"step": 1, "loss": 0.5}], Chart("step")),
        ([{"globalStep": 1, "loss": 0.5}], Chart("globalStep")),
        ([{"ts": 1764236400, "load": 0.5}], Chart("ts", of_time=True)),
        ([{"epoch": 1, "time": 3.5, "loss": 0.5}], Chart("epoch")),
        ([{"id": i, "price": 0.5 * i} for i in range(4)], Table()),
        ([{"a": i, "b": 0.5 * i} for i in range(4)], Chart("a")),
        ([{"a": i, "b": 0.5 * i} for i in range(2)], Table()),
        ([{"step": 1, "loss": 0.5, "note": "x"}, {"step": 2, "loss": 0.4, "note": "y"}],
         Table()),
        # The outer object may have the step of an inner one.
        ([{"epoch": 1, "scores": {"loss": 0.5}}], Chart("epoch")),
        ([{"type": "m", "data": {"step": 1, "loss": 0.5}}], Chart("step")),
        ([{"time": "10:00:00", "load": 0.5}], Chart("time", of_time=True)),
        # Names of things, each with its id, and how often each is there.
        ([{"id": 1, "title": "oar"}, {"id": 2, "title": "net"}], Table()),
        ([{"qux": c, "count": n} for c, n in (("a", 3), ("b", 5), ("c", 1))], Table()),
        # Next to rates, flags and types a text under any name, at any depth, is one.
        ([{"t": "Hel", "isFinal": False}, {"t": "lo", "isFinal": False}],
         TextField(("t",))),
        ([{"text": t, "tokens_per_second": n} for t, n in (("A", 1.5), ("b", 9.5))],
         TextField(("text",))),
        ([{"type": "x", "data": {"qux": t}} for t in ("Hel", "lo")],
         TextField(("data", "qux"))),
        ([{"count": 1}, {"count": 2}], Table()),
        # Ids, types and times alone are no content.
        ([{"session_id": "a", "status": "ready"}], None),
        ([{"type": "pong", "ms": 3}], None),
        ([{"num": 0, "time": "10:00:00"}], Chart("time", of_time=True)),
        ([{"no": "a", "kind": "x"}, {"no": "b", "kind": "y"}], Table()),
        ([{"id": "a", "status": "queued"}, {"id": "a", "status": "ready"}], None),
        ([{}], None),
    ],
)  # fmt: skip
def test_shapes(objects: list[dict[str, Any]], shape: Shape | None) -> None:
    assert shape_of(objects) == shape


@pytest.mark.parametrize("name", ["token", "qux", "x1"])
@pytest.mark.parametrize("beside", [{}, {"n": 1}, {"id": "r-1", "created": 1764236400}])
def test_tokens_are_text_under_any_name(name: str, beside: dict[str, Any]) -> None:
    objects = [{**beside, name: token} for token in TOKENS]
    assert shape_of(objects) == TextField((name,))


def test_a_text_that_begins_with_the_one_before_grows() -> None:
    texts = ["The", "The tide", "The tide turns"]
    assert shape_of([{"text": text} for text in texts]) == TextField(("text",), True)
    # Two matches by chance do not make a growing text.
    assert shape_of([{"text": "a"}, {"text": "an"}]) == TextField(("text",))


@given(st.lists(json_values.filter(lambda v: isinstance(v, dict)), min_size=1))
def test_nothing_that_a_server_sends_raises(objects: list[dict[str, Any]]) -> None:
    shape = shape_of(objects)
    if isinstance(shape, TextField):
        assert any(isinstance(lookup(one, shape.path), str) for one in objects)
