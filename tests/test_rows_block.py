"""Frozen rows: bounded, counted, and escaped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.blocks.rows import RowsBlock
from nbstream.limits import Limits
from nbstream.updates import Row

from .html_tags import Tags


def rows(*values: object, limit: int = 2000) -> RowsBlock:
    block = RowsBlock(Limits(rows=limit))
    for value in values:
        block.add(Row(value))
    return block


def test_columns_are_the_keys_in_their_first_order() -> None:
    block = rows({"a": 1, "b": "x"}, {"c": [1, {"d": None}], "a": 2.5}, 7)
    assert block.plain().splitlines() == [
        "a  b  c  value",
        "1  x    ",
        '2.5    [1, {"d": null}]  ',
        "      7",
    ]


def test_the_last_rows_are_frozen_and_the_rest_is_counted() -> None:
    block = rows(*({"n": n} for n in range(3000)))
    for shown in (block.plain(), block.markdown(), block.html()):
        assert "2,500 items before these" in shown
        assert "2499" not in shown
        assert "2500" in shown
        assert "2999" in shown
    assert Tags(block.html()).tags.count("tr") == 501


def test_columns_and_cells_are_bounded() -> None:
    block = rows({f"k{n}": "x" * 5000 for n in range(70)})
    for shown in (block.plain(), block.markdown(), block.html()):
        assert "20 more columns" in shown
        assert "k49" in shown
        assert "k50" not in shown
        assert len(shown) < 60_000


# Few enough for each key to have a column.
tables = st.lists(
    st.dictionaries(st.text(max_size=6), st.text(max_size=12), max_size=3), max_size=16
)


@given(tables)
def test_no_cell_breaks_out_of_its_table(values: list[dict[str, str]]) -> None:
    block = rows(*values)
    table = block.markdown().splitlines()
    assert len(table) == len(values) + 2
    tags = Tags(block.html()).tags
    assert set(tags) <= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert tags.count("tr") == len(values) + 1


def test_markup_in_a_cell_is_text() -> None:
    block = rows({"<b>": "a|b <script>alert(1)</script> `x`\n# no"})
    assert "a\\|b \\<script\\>" in block.markdown()
    assert "script" not in Tags(block.html()).tags
    assert "<script>alert(1)</script>" in Tags(block.html()).text
