"""Frozen progress, and what a page needs to compute pace and ETA."""

from __future__ import annotations

from itertools import count

import pytest

from nbstream.content.blocks.progress import ProgressBlock
from nbstream.content.blocks.progress_format import nest_names
from nbstream.limits import Limits
from nbstream.updates import Progress


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Advance the clock by one second each time it is read."""
    ticks = count()
    monkeypatch.setattr("time.monotonic", lambda: float(next(ticks)))


def counted(name: str, current: float, total: float) -> Progress:
    return Progress(name, current, total, min(100 * current / total, 100))


def block_of(*updates: Progress) -> ProgressBlock:
    block = ProgressBlock(Limits())
    for update in updates:
        block.add(update)
    return block


def test_bars_are_stacked() -> None:
    block = block_of(
        counted("run", 1, 3),
        counted("other", 1, 2),
        counted("run/epoch 1", 5, 5),
        counted("run/epoch 1/batch", 2, 8),
    )
    assert block.plain().splitlines() == [
        "run: 33 %, 1 of 3",
        "  epoch 1: 100 %, 5 of 5",
        "    batch: 25 %, 2 of 8",
        "other: 50 %, 1 of 2",
    ]
    assert "\n  - epoch 1: 100 %, 5 of 5\n" in block.markdown()
    html = block.html()
    assert 'style="margin-left: 1.5em" title="run/epoch 1"' in html
    assert html.count("accent-color") == 1  # the one that is done


def test_names_without_their_outer_bar_stay_whole() -> None:
    assert nest_names(["data/train.csv", "a", "a/b/c"]) == [
        ("data/train.csv", 0, "data/train.csv"),
        ("a", 0, "a"),
        ("a/b/c", 1, "b/c"),
    ]


def test_a_page_that_opens_late_computes_the_same_eta() -> None:
    block = ProgressBlock(Limits())
    block.add(counted("x", 10, 100))
    delta = block.add(counted("x", 30, 100))
    assert delta["bars"]["x"] == {
        "elapsed": 1.0,
        "first": 10,
        "from": 10,
        "current": 30,
        "total": 100,
        "percent": 30,
    }
    assert block.state()["bars"] == delta["bars"]


def test_a_total_that_changes_keeps_the_pace() -> None:
    block = block_of(counted("x", 10, 100), counted("x", 30, 100))
    bar = block.add(counted("x", 40, 400))["bars"]["x"]
    assert (bar["first"], bar["from"], bar["percent"]) == (2.5, 10, 10)


def test_a_bar_that_starts_again_starts_its_clock_again() -> None:
    block = block_of(counted("x", 5, 10), counted("x", 10, 10))
    bar = block.add(counted("x", 1, 10))["bars"]["x"]
    assert (bar["elapsed"], bar["first"], bar["from"]) == (0, 10, 1)


def test_a_count_past_the_total_is_shown_and_is_not_done() -> None:
    block = block_of(counted("x", 12, 10))
    assert block.plain() == "x: 100 %, 12 of 10, 2 over"
    assert "accent-color" not in block.html()


def test_names_are_escaped_and_long_ones_shortened() -> None:
    name = "<img src=x onerror=alert(1)>" + "long" * 40
    html = block_of(Progress(name, message="m")).html()
    assert "<img" not in html
    assert "…</bdi>: m</div>" in html
    assert 'title="&lt;img' in html
    assert "<progress" not in html  # no count is known
