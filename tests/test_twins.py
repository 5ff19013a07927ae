"""Values that Python and TypeScript format alike; the front end's tests read the same
cases, in `frontend/test/twins.test.ts`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nbstream.content.blocks.metrics import MetricsBlock
from nbstream.content.blocks.progress import ProgressBlock
from nbstream.content.blocks.progress_format import nest_names
from nbstream.content.blocks.rows import RowsBlock
from nbstream.content.wire import from_wire, to_wire
from nbstream.dialects.standard import Standard
from nbstream.limits import Limits
from nbstream.rendering.format import (
    format_count,
    format_duration,
    format_number,
    format_value,
)
from nbstream.rendering.highlighting import highlight_code, language_of
from nbstream.rendering.svg_chart import group_of, is_drawable, make_line
from nbstream.sse import ServerSentEvent
from nbstream.updates import Metric, Progress, Row

CASES = Path(__file__).parent / "cases"


def cases_of(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


NUMBERS, PROGRESS, CHARTS, LANGUAGES = map(
    cases_of, ("numbers", "progress", "charts", "languages")
)


@pytest.mark.parametrize(("value", "shown"), NUMBERS["figures"])
def test_figures(value: float | str, shown: str) -> None:
    assert format_number(float(value) if isinstance(value, str) else value) == shown


@pytest.mark.parametrize(("seconds", "shown"), NUMBERS["durations"])
def test_durations(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown


@pytest.mark.parametrize(("value", "one", "shown"), NUMBERS["counts"])
def test_counts(value: int, one: str, shown: str) -> None:
    assert format_count(value, one) == shown


@pytest.mark.parametrize(("text", "shown"), NUMBERS["values"])
def test_values_in_rows(text: str, shown: str) -> None:
    """In the frozen output, and after they were sent to a page."""
    value = json.loads(text)
    assert format_value(value) == shown
    crossed = json.loads(json.dumps(to_wire(value), allow_nan=False))
    assert format_value(from_wire(crossed)) == shown
    block = RowsBlock(Limits())
    block.add(Row({"a": value, "b": 0}))
    assert block.plain() == f"a  b\n{shown}  0"


def test_numbers_are_to_the_right_and_words_to_the_left() -> None:
    """For values of any spelling, as in the live table."""
    block = RowsBlock(Limits())
    block.add(Row({"n": 10**30, "nan": float("nan"), "word": "007", "yes": True}))
    body = block.html().partition("<tbody>")[2]
    cells = re.findall(r'<td( style="text-align:left[^"]*")?>([^<]*)</td>', body)
    assert [(text, bool(left)) for left, text in cells] == [
        (str(10**30), False),
        ("nan", False),
        ("007", True),
        ("true", True),
    ]


@pytest.mark.parametrize("case", PROGRESS["bars"], ids=lambda case: case["name"])
def test_bars(case: dict[str, Any]) -> None:
    block = ProgressBlock(Limits())
    for event in case["events"]:
        data = json.dumps({"type": "progress", "name": "x", **event})
        for update in Standard().read(ServerSentEvent(data=data)):
            assert isinstance(update, Progress)
            block.add(update)
    bar = {k: v for k, v in block.state()["bars"]["x"].items() if k != "elapsed"}
    assert bar == case["bar"]
    assert block.plain() == f"x: {', '.join(case['words'])}"
    drawn = re.search(r'<progress max="100" value="([\d.]+)"', block.html())
    assert (drawn and float(drawn[1])) == case["drawn"]


@pytest.mark.parametrize(("names", "tree"), PROGRESS["trees"])
def test_trees_of_bars(names: list[str], tree: list[list[Any]]) -> None:
    assert [list(at) for at in nest_names(names)] == tree


@pytest.mark.parametrize(("name", "group"), CHARTS["groups"])
def test_groups_of_charts(name: str, group: str) -> None:
    assert group_of(name) == group


@pytest.mark.parametrize(("points", "line", "gaps"), CHARTS["lines"])
def test_lines_of_charts(
    points: list[list[Any]], line: list[list[Any]], gaps: int
) -> None:
    read = [(step, float(value)) for value, step in points]
    assert [list(point) for point in make_line(read)] == line
    assert sum(not is_drawable(value) for _, value in read) == gaps


@pytest.mark.parametrize(
    ("value", "shown"),
    [case for case in NUMBERS["figures"] if case[1][-3:] in "naninf"],
)
def test_non_finite_numbers_in_metrics(value: str, shown: str) -> None:
    block = MetricsBlock(Limits())
    assert block.add(Metric("loss", float(value), 1))["add"] == [["loss", 1, shown]]
    assert block.plain() == f"loss  {shown}  1"


@pytest.mark.parametrize(("info", "language"), LANGUAGES["named"])
def test_names_of_languages(info: str, language: str) -> None:
    assert language_of(info) == language


@pytest.mark.parametrize(("names", "code"), LANGUAGES["coloured"])
def test_languages_with_colours(names: str, code: str) -> None:
    for name in names.split():
        assert "<span" in highlight_code(code, name), name


@pytest.mark.parametrize("name", LANGUAGES["plain"])
def test_languages_without(name: str) -> None:
    assert (
        highlight_code("if a: return 'b' # c", name) == "if a: return &#x27;b&#x27; # c"
    )
