"""Reasoning, tool calls, usage, rows and raw events, in a real page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from ..channel_server import Source
from .jupyter import Notebook

Open = Callable[..., Notebook]


def item(**values: Any) -> dict[str, Any]:
    return {"type": "item", "data": values}


def first_cells(panel: Locator) -> Locator:
    return panel.locator("tbody:not([aria-hidden]) tr td:first-child")


def test_reasoning_is_folded_and_stays_as_the_reader_left_it(
    open_notebook: Open, source: Source
) -> None:
    """It shows that it is thinking, later for how long. Once opened, it stays open as
    more arrives, and so does a tool call. Frozen, both are folded again."""
    notebook = open_notebook(f"%stream {source.url}/think")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/think", {"type": "reasoning", "data": "Let me see"})
    summary = panel.get_by_text("Thinking…")
    expect(summary).to_be_visible()
    expect(panel.get_by_text("Let me see")).to_be_hidden()
    summary.click()
    expect(panel.get_by_text("Let me see")).to_be_visible()
    source.send("/think", {"type": "reasoning", "data": ", <b>four</b>?"})
    expect(panel.get_by_label("Reasoning")).to_have_text("Let me see, <b>four</b>?")

    source.text("/think", "I look it up.")
    expect(summary).to_be_hidden()
    expect(panel.get_by_text("Thought")).to_be_visible()
    expect(panel.get_by_text("24 characters")).to_be_visible()
    expect(panel.get_by_label("Reasoning")).to_be_visible()

    call = {"type": "tool_call", "index": 0}
    source.send("/think", {**call, "name": "add", "arguments": '{"a": 2, "b'})
    panel.get_by_text("add", exact=True).click()
    arguments = panel.get_by_label("Arguments")
    expect(arguments).to_have_text('{ "a": 2, "b')
    source.send("/think", {**call, "arguments": '": [2]}'})
    expect(arguments).to_have_text('{ "a": 2, "b": [ 2 ] }')
    assert arguments.inner_text() == '{\n  "a": 2,\n  "b": [\n    2\n  ]\n}'
    source.text("/think", "It is four.")
    source.send("/think", {"type": "usage", "input_tokens": 1234, "output_tokens": 9})
    expect(panel.get_by_text("1,234 tokens in · 9 tokens out")).to_be_visible()
    expect(panel.get_by_text("first token after")).to_be_visible()

    source.end("/think")
    frozen = notebook.wait_frozen(1)
    expect(frozen.get_by_text("Let me see")).to_be_hidden()
    frozen.get_by_text("Reasoning (24 characters)").click()
    expect(frozen.get_by_text("Let me see, <b>four</b>?")).to_be_visible()
    frozen.get_by_text("Tool call").click()
    expect(frozen.locator("details code").last).to_contain_text('"b": [')
    expect(frozen.get_by_text("Tokens: 1,234 in, 9 out")).to_be_visible()


def test_rows_are_sorted_by_their_headers_and_stay_sorted(
    open_notebook: Open, source: Source
) -> None:
    notebook = open_notebook(f"%stream {source.url}/rows")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/rows", *(item(n=n, city=f"c{n}") for n in (9, 100, 20)))
    cells = first_cells(panel)
    expect(cells).to_have_text(["9", "100", "20"])
    header = panel.get_by_role("columnheader", name="n", exact=True)
    header.get_by_role("button", name="n", exact=True).click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(cells).to_have_text(["9", "20", "100"])
    source.send("/rows", item(n=50, city="late"), item(city="no n"))
    expect(cells).to_have_text(["9", "20", "50", "100", ""])
    # The keyboard sorts too, and the focus stays on the button.
    notebook.page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(cells).to_have_text(["100", "50", "20", "9", ""])
    expect(header.get_by_role("button")).to_be_focused()
    notebook.page.keyboard.press("Enter")
    expect(cells).to_have_text(["9", "100", "20", "50", ""])
    assert header.get_attribute("aria-sort") is None


def test_of_many_rows_only_those_in_view_are_drawn(
    open_notebook: Open, source: Source
) -> None:
    """They follow the end until the reader scrolls up; then the rows in view keep their
    place below the header."""
    notebook = open_notebook(f"%stream {source.url}/many")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/many", *(item(n=n) for n in range(1500)))
    table = panel.get_by_role("table")
    expect(table).to_have_attribute("aria-rowcount", "1501")
    expect(panel.get_by_role("cell", name="1499", exact=True)).to_be_in_viewport()
    assert first_cells(panel).count() < 60

    box = panel.get_by_label("Rows")
    box.evaluate("box => { box.scrollTop = 26 * 700; }")
    seen = panel.get_by_role("cell", name="701", exact=True)
    expect(seen).to_be_in_viewport()
    place = seen.bounding_box()
    # Past the limit of 2,000 the oldest rows are evicted, above the viewport.
    source.send("/many", *(item(n=n) for n in range(1500, 2300)))
    expect(panel.get_by_text("300 items before these")).to_be_visible()
    expect(table).to_have_attribute("aria-rowcount", "2001")
    moved = seen.bounding_box()
    assert place is not None
    assert moved is not None
    # The line that counts them is above the table and moves it by its height.
    note = panel.get_by_text("300 items before these").bounding_box()
    assert note is not None
    assert abs(moved["y"] - place["y"] - note["height"]) < 2
    header = panel.get_by_role("columnheader").bounding_box()
    frame = box.bounding_box()
    assert header is not None
    assert frame is not None
    assert abs(header["y"] - frame["y"]) < 1
    assert first_cells(panel).count() < 60


def test_columns_do_not_jump_and_long_cells_are_cut(
    open_notebook: Open, source: Source
) -> None:
    notebook = open_notebook(f"%stream {source.url}/wide")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/wide", item(name="abcdefgh", note="x"))
    header = panel.get_by_role("columnheader", name="name")
    expect(header).to_be_visible()
    before = header.bounding_box()
    source.send("/wide", item(name="abcdefghij", note="long " * 100))
    cell = panel.get_by_role("cell", name="long long")
    expect(cell).to_be_visible()
    assert header.bounding_box() == before
    assert cell.get_attribute("title") == "long " * 100
    assert cell.evaluate("td => td.scrollWidth > td.clientWidth")
    box = cell.bounding_box()
    assert box is not None
    assert box["height"] == 26


def test_unknown_events_are_a_drawer_of_folded_trees(
    open_notebook: Open, source: Source
) -> None:
    """None of their content is in the page before it is unfolded."""
    notebook = open_notebook(f"%stream {source.url}/raw")
    notebook.run(1)
    panel = notebook.panel(1)
    source.send("/raw", {"type": "odd", "deep": {"list": [1, "<b>two</b>", None]}})
    drawer = panel.get_by_text("1 other event")
    expect(drawer).to_be_visible()
    assert panel.locator(".nbs-raw-event").count() == 0
    drawer.click()
    source.send("/raw", {"type": "odd", "many": list(range(250))})
    drawer = panel.get_by_text("2 other events")
    expect(drawer).to_be_visible()
    events = panel.locator(".nbs-raw-event")
    expect(events).to_have_count(2)
    assert panel.locator(".nbs-children").count() == 0
    events.first.locator("summary").click()
    # Children are rendered on demand, and their parents' previews contain the same
    # words.
    events.first.locator(".nbs-children").get_by_text("deep").first.click()
    inner = events.first.locator(".nbs-children .nbs-children")
    inner.get_by_text("list").first.click()
    expect(events.first.get_by_text('1: "<b>two</b>"')).to_be_visible()
    # A long list is rendered in steps.
    events.last.locator("summary").first.click()
    events.last.get_by_text("many: ").click()
    more = events.last.get_by_role("button", name="150 more")
    more.click()
    expect(events.last.get_by_text("199: 199")).to_be_visible()
    events.last.get_by_role("button", name="50 more").click()
    expect(events.last.get_by_text("249: 249")).to_be_visible()
    expect(events.last.get_by_role("button")).to_have_count(0)


HEADS = [
    *("learning_rate", "validation_accuracy", "WWWWWWWWWW", "a head of several words"),
    *(f"measurement_number_{n}" for n in range(8)),
    "tokens_per_second_of_the_slowest_worker",
]


def broken_heads(table: Locator) -> list[str]:
    """Return the words of the table's heads that are on two lines, or cut at their
    end."""
    found: list[str] = table.locator("thead th").evaluate_all(
        r"""(heads) => heads.flatMap((head) => {
            const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT);
            const words = [];
            while (texts.nextNode()) {
                const { parentElement, data } = texts.currentNode;
                const isCut = parentElement.scrollWidth > parentElement.clientWidth + 1
                    && getComputedStyle(parentElement).overflow !== "visible";
                for (const { index, 0: word } of data.matchAll(/\S+/g)) {
                    const range = new Range();
                    range.setStart(texts.currentNode, index);
                    range.setEnd(texts.currentNode, index + word.length);
                    if (isCut || range.getClientRects().length > 1) words.push(word);
                }
            }
            return words;
        })"""
    )
    return found


def test_heads_are_not_broken_within_words(open_notebook: Open, source: Source) -> None:
    """Not in a narrow page either, live or frozen: the table scrolls."""
    notebook = open_notebook(f"%stream {source.url}/heads")
    notebook.page.set_viewport_size({"width": 700, "height": 900})
    notebook.run(1)
    source.send("/heads", item(**{head: n for n, head in enumerate(HEADS)}))
    source.send("/heads", item(**dict.fromkeys(HEADS, "some more words")))
    table = notebook.panel(1).get_by_role("table")
    expect(table.locator("thead th")).to_have_count(len(HEADS))
    assert broken_heads(table) == []
    source.send("/heads", {"type": "metric", "name": "loss", "value": 1.5, "step": 1})
    source.end("/heads")
    frozen = notebook.wait_frozen(1)
    tables = frozen.locator("table")
    expect(tables).to_have_count(2)
    assert [broken_heads(tables.nth(n)) for n in range(2)] == [[], []]


def test_words_of_a_frozen_table_that_is_wider_than_the_page_stay_in_a_line(
    open_notebook: Open, source: Source
) -> None:
    """The table scrolls; only what is long is broken into lines."""
    notebook = open_notebook(f"%stream {source.url}/wide")
    notebook.run(1)
    names = {f"measure_{n}_of_the_whole_model_by_a_long_name": n for n in range(6)}
    source.send("/wide", item(name="a few short words", **names))
    source.send("/wide", item(name="many words " * 40, **names))
    source.end("/wide")
    rows = notebook.wait_frozen(1).locator("tbody tr")
    expect(rows).to_have_count(2)
    short, long = (box["height"] for row in rows.all() if (box := row.bounding_box()))
    assert short < 40
    assert long > 2 * short
