"""Log lines: what a terminal would show of them, bounded, and frozen."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.blocks.log import LogBlock
from nbstream.content.mimebundle import make_mimebundle
from nbstream.limits import Limits
from nbstream.rendering import ansi, colour
from nbstream.updates import LogLine

CASES = json.loads(
    Path(__file__).with_name("cases").joinpath("ansi.json").read_text("utf-8")
)


def block(*lines: str | LogLine, limit: int = 1000) -> LogBlock:
    made = LogBlock(Limits(lines=limit))
    for line in lines:
        made.add(LogLine(line) if isinstance(line, str) else line)
    return made


def lines(*messages: str) -> list[str]:
    return [entry[1] for entry in block(*messages).entries]


class Texts(HTMLParser):
    """The text and the tags of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.add(tag)


@pytest.mark.parametrize(
    ("line", "spans"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_colours_are_read(line: str, spans: list[list[str]]) -> None:
    """The front end's tests read the same cases."""
    assert [list(span) for span in ansi.parse_spans(line)] == spans


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("\x1b[2J\x1b[1;1Hat the top\x1b[K", "at the top"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2;0;0;0\x1b\\picture", "picture"),
        ("\x1b]0;without an end", "0;without an end"),
        ("cut \x1b", "cut "),
        ("cut \x1b[3", "cut "),
        ("\x9b31mred\x85\x00\x08\x7f", "red"),
        ("\x1b(Bcharset\x1b7\x1bM", "charset"),
        ("tab\tstays", "tab\tstays"),
        ("gpj.\u202eexe", "gpj.\u202eexe"),
        ("שלום \u200fעולם", "שלום \u200fעולם"),
    ],
)
def test_what_a_terminal_would_obey_is_removed(message: str, shown: str) -> None:
    assert lines(message) == [shown]


def test_what_turns_a_line_around_is_kept_and_shown_by_name() -> None:
    """The raw text is copied from the page; where it is shown, its name is written."""
    bundle = make_mimebundle([block("gpj.\u202eexe")])
    for form in bundle.values():
        assert "gpj.\\u202eexe" in form
        assert "\u202e" not in form


def test_a_carriage_return_overwrites_the_line() -> None:
    assert lines(" 10%\r 50%\r100%", "dos\r\nline\r\n", "done\r") == [
        "100%",
        "dos",
        "line",
        "done",
    ]


def test_a_message_of_lines_is_lines_that_belong_together() -> None:
    """Their colour continues, and the filter of levels sees their level."""
    made = block(LogLine("\x1b[31mred\nstill \x1b[0mnot\nplain\n", "error"))
    assert list(made.entries) == [
        ["error", "\x1b[31mred"],
        ["error", "\x1b[31mstill \x1b[0mnot", 1],
        ["error", "plain", 1],
    ]
    assert made.plain() == "ERROR   red\n        still not\n        plain"


def test_lines_and_characters_are_bounded_and_counted() -> None:
    made = block(*(str(n) for n in range(30)), limit=10)
    assert (len(made.entries), made.dropped) == (10, 20)
    assert made.add(LogLine("x\ny\nz"))["drop"] == 3
    long = block(*("x" * 1024 * 1024 for _ in range(20)))
    assert (len(long.entries), long.dropped) == (16, 4)


def test_the_frozen_log_keeps_its_end() -> None:
    made = block(*(f"line {n}" for n in range(5_000)), limit=4_000)
    first, *rest = made.plain().split("\n")
    assert first == "[… 3,000 lines before these]"
    assert (len(rest), rest[-1]) == (2000, "line 4999")
    assert "3,000 lines before" in made.html()
    assert "3,000 lines before" in made.markdown()
    assert len(block(*("x" * 500_000 for _ in range(9))).plain()) < 1_100_000


def test_the_frozen_log_is_coloured_and_escaped() -> None:
    made = block(
        LogLine("\x1b[31m<script>alert(1)</script>\x1b[0m ```", "warn<b>"),
        LogLine("\x1b[1mbold", "error"),
    )
    html = Texts(made.html())
    assert html.tags == {"div", "pre", "span"}
    assert html.text == made.plain()
    assert made.plain().split("\n") == [
        "WARN<B> <script>alert(1)</script> ```",
        "ERROR   bold",
    ]
    assert made.markdown().startswith("````text\n")
    assert 'color-mix(in srgb,#cf4646 75%,currentColor)">&lt;script' in made.html()


def test_levels_are_short_words() -> None:
    made = block(LogLine("x", "a\nb \x1b[31m" + "c" * 90), LogLine("y", ""))
    assert made.plain() == "A       x\n        y"


@given(
    st.lists(st.text(st.sampled_from("a\x1b[]31;m\r\n\x9d\x9b\x07\\:é"), max_size=40))
)
def test_nothing_to_obey_is_ever_left(messages: list[str]) -> None:
    made = block(*messages)
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", made.plain()) is None
    assert Texts(made.html()).text == made.plain()


def test_hostile_lines_are_read_in_linear_time() -> None:
    started = time.process_time()
    for hostile in ("\x9d", "\x1b]", "\x1b[", "\x1b[1m", "\x1b[1m\n", "\x1b[1m\r"):
        lines(hostile * 20_000)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "page"),
    [((33, 33, 33), (255, 255, 255)), ((255, 255, 255), (17, 17, 17))],
    ids=["light", "dark"],
)
def test_every_colour_can_be_read(text: colour.RGB, page: colour.RGB) -> None:
    for asked in map(colour.palette, range(256)):
        shown = colour.on_page(asked)
        if shown is not None:
            red, green, blue = (
                int(0.75 * a + 0.25 * b) for a, b in zip(shown, text, strict=True)
            )
            assert colour.contrast((red, green, blue), page) >= 4.5, asked
        for background in map(colour.palette, range(16)):
            on = colour.on_background(asked, background)
            assert colour.contrast(on, background) >= 4.5


def shown(*messages: str | LogLine) -> list[str]:
    lines = [m if isinstance(m, LogLine) else LogLine(m) for m in messages]
    return block(*lines).plain().splitlines()


def test_a_carriage_return_overwrites_the_line_before() -> None:
    """As in a terminal: a bar is one line, however often it is drawn. The lines before
    and after it stay."""
    assert shown("start", "\r 10%", "\r 20%", "\r 30%", "end") == [
        "start",
        " 30%",
        "end",
    ]
    assert shown("start", "10%\r", "20%\r", "30%", "end") == ["start", "30%", "end"]
    assert shown("a piece", LogLine("a piece of a line", replaces=True)) == [
        "a piece of a line"
    ]


def test_lines_that_are_written_over_merge_to_what_they_come_to() -> None:
    """A page that is late gets one payload for many changes, and the same lines."""
    lines = ["a", "\r1", "\r2", "b", "\r3", "\r4", "\r5"]
    for cut in range(len(lines)):
        made = LogBlock(Limits())
        early = [made.add(LogLine(line)) for line in lines[:cut]]
        # What the page has drawn so far, after applying each change in turn.
        page: list[object] = []
        for payload in early:
            page = [*page[: len(page) - payload.get("undo", 0)], *payload["add"]]
        late = [made.add(LogLine(line)) for line in lines[cut:]]
        merged = LogBlock.merge(late)
        half = len(late) // 2 or 1
        halves = [LogBlock.merge(part) for part in (late[:half], late[half:]) if part]
        assert LogBlock.merge(halves) == merged
        page = [*page[: len(page) - merged.get("undo", 0)], *merged["add"]]
        assert page == list(made.entries)
