"""Plain text in events: pieces of one text, lines of a text, or lines of a log."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nbstream.dialects.home_made.text_layout import (
    Layout,
    Piece,
    TextJoiner,
    layout_of,
    log_line,
)
from nbstream.updates import LogLine, Text, Update


def laid_out(
    texts: Sequence[str], layout: Layout, *, exact: bool = False
) -> list[Update]:
    joiner = TextJoiner(layout)
    made = [update for text in texts for update in joiner.add(Piece(text, exact))]
    return [*made, *joiner.end()]


@pytest.mark.parametrize(
    ("texts", "layout"),
    [
        (["Hel", "lo"], Layout.PIECES),
        (["One", " two", " three"], Layout.PIECES),
        (["One ", "two ", "three"], Layout.PIECES),
        (["The answer is ", "4", "2", "."], Layout.PIECES),
        (["She said", " ", "yes"], Layout.PIECES),
        (["She said yes", ", and no"], Layout.PIECES),
        (["a\nb", "\n", "c"], Layout.PIECES),
        (["tick 0", "tick 1", "tick 2"], Layout.LINES),
        (["1", "2.5", "-3e4", "50%"], Layout.LINES),
        (["10:00:00", "10:00:01"], Layout.LINES),
        (["2026-11-27 10:00:00 up", "more of it"], Layout.LOG),
        (["Nov 27 10:00:00 host sshd[1]: up"], Layout.LOG),
        (["[WARN] hot"], Layout.LOG),
        (["<34>1 2026-11-27T10:00:00Z host su - up"], Layout.LOG),
        (["time=2026-11-27T10:00:00Z level=info msg=up"], Layout.LOG),
        (["info: up", "warn: slow"], Layout.LOG),
        (["[error] down"], Layout.LOG),
        (["2026-11-27T10:00:00.5", "2026-11-27T10:00:01.5"], Layout.LINES),
        (["INFO"], Layout.PIECES),
        (["info", ": up"], Layout.PIECES),
        (["\x1b[31mred\x1b[0m"], Layout.LOG),
        (["\r10 %"], Layout.LOG),
        (["a line\r\n"], Layout.PIECES),
        ([""], Layout.PIECES),
        # So large that quadratic time in any pattern would show.
        (["1" * 1_000_000 + "x"], Layout.PIECES),
        (["a" + " " * 1_000_000 + "!", "b c"], Layout.LINES),
    ],
)
def test_layouts(texts: list[str], layout: Layout) -> None:
    assert layout_of([Piece(text, exact=False) for text in texts]) is layout


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026/11/27 10:00:00 [error] 12#12: down", "error"),
        ("ts=1 level=warn msg=slow", "warn"),
        ("debug: up", "debug"),
        ("no error: up", ""),
    ],
)
def test_levels_in_lower_case_are_recognised_in_a_levels_place(
    line: str, level: str
) -> None:
    assert log_line(line) == LogLine(line, level)


def test_a_field_of_lines_holds_lines() -> None:
    pieces = [Piece(text, exact=False, place=("line",)) for text in ("up", "down")]
    assert layout_of(pieces) is Layout.LINES
    ended = [Piece(f"{piece.text}\n", *piece[1:]) for piece in pieces]
    assert layout_of(ended) is Layout.PIECES


@pytest.mark.parametrize("cut", range(1, 12))
def test_chunks_are_cut_anywhere(cut: int) -> None:
    """A chunk is no line: only line breaks separate lines, at any chunk boundary."""
    log = "2026-11-27T10:00:00Z INFO up\n2026-11-27T10:00:01Z WARN slow\nand no end"
    chunks = [log[at : at + cut] for at in range(0, len(log), cut)]
    assert layout_of([Piece(chunk, exact=True) for chunk in chunks]) is Layout.LOG
    assert laid_out(chunks, Layout.LOG, exact=True) == [
        LogLine("2026-11-27T10:00:00Z INFO up", "info"),
        LogLine("2026-11-27T10:00:01Z WARN slow", "warn"),
        LogLine("and no end"),
    ]
    prose = "Of two words.\n\n- and a list\n"
    chunks = [prose[at : at + cut] for at in range(0, len(prose), cut)]
    assert layout_of([Piece(chunk, exact=True) for chunk in chunks]) is Layout.PIECES


def test_lines_are_separated_and_pieces_are_not() -> None:
    assert laid_out(["a", "b"], Layout.PIECES) == [Text("a"), Text("b")]
    assert laid_out(["a", "b\n", "c"], Layout.LINES) == [
        Text("a"),
        Text("\nb\n"),
        Text("c"),
    ]


def test_a_line_of_a_log_may_come_in_pieces() -> None:
    """The second piece overwrites the line that showed the first."""
    assert laid_out(["\x1b[31mERROR\x1b[0m", " in gauge", "next line"], Layout.LOG) == [
        LogLine("\x1b[31mERROR\x1b[0m", "error"),
        LogLine("\x1b[31mERROR\x1b[0m in gauge", "error", replaces=True),
        LogLine("next line"),
    ]
