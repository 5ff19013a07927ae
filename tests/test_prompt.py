"""Values of the notebook in a prompt: compact, and what is left out is reported."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy
import pandas
import pytest

from nbstream.models import fill_prompt
from nbstream.testing import Answer, StartModelServer

from .ipython_shell import Shell


def filled(value: Any) -> tuple[str, list[str]]:
    return fill_prompt("{value}", {"value": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as {it} is, \"quotes\"\nand all", "as {it} is, \"quotes\"\nand all"),
        ("x" * 20_000, "x" * 20_000),
        (7, "7"),
        ({"a": [1, "é"]}, '{\n "a": [\n  1,\n  "é"\n ]\n}'),
        ({1, }, "{1}"),
        (numpy.array([1, 2]), "[1 2]"),
        (None, "null"),
    ],
)  # fmt: skip
def test_small_values_are_whole(value: Any, text: str) -> None:
    assert filled(value) == (text, [])


def test_other_braces_are_unchanged() -> None:
    code = "def f(x):\n    return {unknown, 'a': {1}, **{}} + f'{x!r} {{x}} {a.b}'"
    assert fill_prompt(code, {"y": 1}) == (code, [])


def test_a_huge_value_is_cut_and_both_sides_are_notified() -> None:
    prompt, (note,) = filled(list(range(10_000)))
    assert len(prompt) < 8_100
    assert prompt.endswith("…\n(value: the first 8,000 of 68,892 characters)")
    assert note == (
        "Of value, the prompt holds only the first 8,000 of 68,892 characters."
    )


# -- tables ----------------------------------------------------------------------


def test_a_small_table_is_plain_csv() -> None:
    frame = pandas.DataFrame(
        {
            "city": ["Oslo", 'the "old" one, here', "two\nlines"],
            "n": [1, 2, None],
            "at": pandas.to_datetime(["2024-01-01", None, "2024-01-03"]),
        }
    )
    prompt, notes = filled(frame)
    assert notes == []
    assert list(csv.reader(io.StringIO(prompt))) == [
        ["city", "n", "at"],
        ["Oslo", "1", "2024-01-01"],
        ['the "old" one, here', "2", ""],
        ["two\nlines", "", "2024-01-03"],
    ]


def test_a_series_and_a_meaningful_index() -> None:
    series = pandas.Series([1.5, 2.0], index=["a", "b"], name="n")
    assert filled(series) == (",n\na,1.5\nb,2", [])


def test_numbers_keep_their_digits() -> None:
    """Money and times have more digits than the usual six."""
    prompt, _ = filled(pandas.DataFrame({"x": [1763830461.0, 1234567.89, 0.1 + 0.2]}))
    assert prompt == "x\n1763830461\n1234567.89\n0.3"


def test_a_long_table_is_cut_by_rows() -> None:
    """Rows, not lines: cells may contain line breaks."""
    frame = pandas.DataFrame({"n": range(1_000), "t": ["a\nb"] * 1_000})
    prompt, (note,) = filled(frame)
    assert prompt.startswith("(value, 1,000 × 2, as CSV: the first 50 of 1,000 rows)\n")
    rows = list(csv.reader(io.StringIO(prompt.partition("\n")[2])))
    assert len(rows) == 1 + 50
    assert rows[-1] == ["49", "a\nb"]
    assert note == "Of value, the prompt holds only the first 50 of 1,000 rows."


def test_a_wide_table_is_cut_by_columns() -> None:
    frame = pandas.DataFrame(numpy.arange(300).reshape(1, 300))
    prompt, (note,) = filled(frame)
    head = prompt.splitlines()[1]
    assert head.split(",") == [str(n) for n in range(50)]
    assert "the first 50 of 300 columns" in note
    assert "the first 50 of 300 columns" in prompt


def test_long_cells_are_cut() -> None:
    prompt, (note,) = filled(pandas.DataFrame({"t": ["x" * 1_000, "short"]}))
    assert prompt.splitlines()[2:] == ["x" * 150 + "…", "short"]
    assert note == (
        "Of value, the prompt holds only the first 150 characters of long cells."
    )


def test_a_table_is_never_larger_than_its_limit() -> None:
    frame = pandas.DataFrame({f"c{n}": ["y" * 150] * 60 for n in range(60)})
    prompt, (note,) = filled(frame)
    assert len(prompt) < 8_200
    assert "of 60 rows, the first 50 of 60 columns" in note


def test_an_empty_table_is_its_head() -> None:
    assert filled(pandas.DataFrame({"a": []})) == ("a", [])
    assert filled(pandas.DataFrame()) == ("", [])


# -- in a cell -------------------------------------------------------------------


def test_the_reader_is_notified_too(
    shell: Shell,
    vendor_server: StartModelServer,
) -> None:
    """In the panel, in the frozen output and in a terminal: before the answer."""
    server = vendor_server(Answer("A long table."))
    shell.ip.user_ns |= {
        "df": pandas.DataFrame({"n": range(60)}),
        "who": "Ada",
    }
    printed = shell.run("%%stream claude -n s\nFor {who}, not {nobody}:\n\n{df}\n")
    prompt = server.questions[0].prompt
    assert prompt.startswith("For Ada, not {nobody}:\n\n(df, 60 × 1, as CSV: the first")
    note = "Of df, the prompt holds only the first 50 of 60 rows."
    assert printed.index(note) < printed.index("A long table.")
    assert shell["s"].transcript.blocks[0].kind == "notice"
    assert note in shell.run("%streams show s")
