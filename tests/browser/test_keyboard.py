"""The panel by keyboard alone: everything is reachable, and the notebook's shortcuts
still work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from ..channel_server import Source
from .all_block_kinds import EVERYTHING, expect_everything
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]

STOPS = [
    "button: Cancel the stream",
    "summary: Thought",
    "a: a link",
    "button: Copy code",
    "div: Table",
    "summary: Tool call",
    "button: Logarithmic axis for loss",
    "button: Logarithmic axis for accuracy",
    "div: Figures",
    "select: Level",
    "input: Search",
    "button: Copy all",
    "div: Log lines",
    "div: Rows",
    "button: city",
    "button: people",
    "summary: 1 other event",
]
"""The elements that the Tab key reaches, in order: the element, and its accessible
name."""

COMMANDS = ["a", "b", "x", "d", "d", "c", "v", "m", "y", "r", "j", "k", "Shift+M"]
"""Keys that are commands of the notebook outside of edit mode."""

HAS_FOCUS = """() => {
    const el = document.activeElement;
    const style = getComputedStyle(el);
    return {
        name: el.ariaLabel || el.labels?.[0]?.innerText || el.innerText,
        tag: el.localName,
        outline: style.outlineStyle === 'solid' ? parseFloat(style.outlineWidth) : 0,
        inPanel: el.closest('.nbs-panel') !== null,
    };
}"""

CELLS = """() => [...document.querySelectorAll('.jp-Notebook-cell')].map(
    (cell) => cell.className.match(/jp-(Code|Markdown|Raw)Cell/)[0]
)"""


def follow(open_notebook: Open, source: Source) -> tuple[Notebook, Locator]:
    notebook = open_notebook(f"%stream {source.url}/all", "1 + 1")
    source.send("/all", *EVERYTHING)
    notebook.run(1)
    panel = notebook.panel(1)
    expect_everything(panel)
    return notebook, panel


def walk(notebook: Notebook, panel: Locator) -> list[dict[str, Any]]:
    """Return every element of the panel that the Tab key reaches."""
    panel.locator(".nbs-bar-top").click()
    stops: list[dict[str, Any]] = []
    while True:
        notebook.page.keyboard.press("Tab")
        stop = notebook.page.evaluate(HAS_FOCUS)
        if not stop["inPanel"]:
            return stops
        stops.append(stop)


def test_every_control_is_reachable_and_shows_its_focus(
    open_notebook: Open, source: Source
) -> None:
    notebook, panel = follow(open_notebook, source)
    stops = walk(notebook, panel)
    found = [f"{stop['tag']}: {stop['name']}" for stop in stops]
    assert len(found) == len(STOPS), found
    for stop, expected in zip(found, STOPS, strict=True):
        assert stop.startswith(expected)
    assert [stop["outline"] for stop in stops] == [2] * len(stops)


def test_every_control_works_by_keyboard(open_notebook: Open, source: Source) -> None:
    notebook, panel = follow(open_notebook, source)
    keys = notebook.page.keyboard

    def tab_to(name: str) -> None:
        """Press Tab until this element has the focus."""
        for _ in range(30):
            if notebook.page.evaluate(HAS_FOCUS)["name"].startswith(name):
                return
            keys.press("Tab")
        raise AssertionError(f"{name} cannot be reached")

    panel.locator(".nbs-bar-top").click()
    tab_to("Th")
    keys.press("Enter")
    expect(panel.get_by_text("Let me see")).to_be_visible()
    tab_to("Logarithmic axis for loss")
    keys.press("Space")
    axis = panel.get_by_role("button", name="Logarithmic axis for loss")
    expect(axis).to_have_attribute("aria-pressed", "true")
    tab_to("Level")
    keys.press("E")
    lines = panel.locator(".nbs-line:not([aria-hidden])")
    expect(lines).to_have_count(8)
    tab_to("Search")
    keys.type("line 31")
    expect(panel.locator("mark")).to_have_text(["line 31"])
    tab_to("people")
    keys.press("Enter")
    header = panel.get_by_role("columnheader", name="people")
    expect(header).to_have_attribute("aria-sort", "ascending")
    tab_to("1 other event")
    keys.press("Space")
    expect(panel.get_by_label("Other events")).to_be_visible()
    tab_to("message")
    keys.press("Enter")
    expect(panel.get_by_text("{2 keys}")).to_be_visible()
    tab_to("deep")
    keys.press("Enter")
    expect(panel.get_by_text("[4 items]")).to_be_visible()


def test_keys_in_the_panel_are_no_commands_of_the_notebook(
    open_notebook: Open, source: Source
) -> None:
    """With the focus anywhere in the panel, no cell is added, removed, moved or
    changed."""
    notebook, panel = follow(open_notebook, source)
    page = notebook.page
    before = page.evaluate(CELLS)
    panel.locator(".nbs-bar-top").click()
    for _ in [None, *STOPS]:
        name = page.evaluate(HAS_FOCUS)["name"]
        for key in COMMANDS:
            page.keyboard.press(key)
        for key in ("ArrowDown", "ArrowUp"):
            page.keyboard.press(key)
        assert page.evaluate(HAS_FOCUS)["name"] == name
        page.keyboard.press("Tab")
    source.send("/all", {"type": "log", "message": "the last"})
    log = panel.get_by_role("group", name="Log lines")
    expect(panel).to_contain_text(f"{len(EVERYTHING) + 1} events")
    expect(log).to_be_visible()
    assert page.evaluate(CELLS) == before


def test_escape_cancels_from_anywhere(open_notebook: Open, source: Source) -> None:
    notebook, panel = follow(open_notebook, source)
    places = [
        panel.locator("summary").first,
        panel.get_by_role("button", name="Logarithmic axis for loss"),
        panel.get_by_label("Level"),
        panel.get_by_label("Log lines"),
        panel.get_by_role("button", name="people"),
    ]
    for count, place in enumerate(places, 1):
        place.focus()
        notebook.page.keyboard.press("Escape")
        source.wait_left("/all", count)
        notebook.wait_frozen(1)
        notebook.run(1)
        expect_everything(panel)


def test_at_the_end_the_focus_is_on_the_cell(
    open_notebook: Open, source: Source
) -> None:
    """If the focus was in the panel, the notebook's shortcuts work again at once;
    elsewhere it does not move."""
    notebook = open_notebook(
        f"%stream {source.url}/a", f"%stream {source.url}/b", "1 + 1"
    )
    page = notebook.page
    for index, path in ((1, "/a"), (2, "/b")):
        notebook.run(index)
        source.text(path, "word")
        expect(panel_text(notebook.panel(index))).to_have_text("word")
    editor = notebook.cell(3).get_by_role("textbox")
    notebook.panel(1).get_by_role("button", name="Cancel").focus()
    editor.click()
    page.keyboard.type("2 + ")
    source.end("/a")
    notebook.wait_frozen(1)
    page.keyboard.type("3")
    expect(editor).to_contain_text("2 + 3")
    cells = page.locator(".jp-CodeCell")
    notebook.panel(2).get_by_role("button", name="Cancel").press("Enter")
    notebook.wait_frozen(2)
    expect(notebook.cell(2)).to_be_focused()
    page.keyboard.press("b")
    expect(cells).to_have_count(5)
    expect(notebook.cell(3).get_by_role("textbox")).to_have_text("")
