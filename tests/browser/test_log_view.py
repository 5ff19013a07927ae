"""The log's view: it follows the end, evicts lines, filters, searches, and draws only
the visible lines."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from ..channel_server import Source
from .jupyter import Notebook

Open = Callable[..., Notebook]

LINES = 100_000


def print_lines(source: Source, *numbers: int, level: str = "info") -> None:
    source.send(
        "/log",
        *(
            {"type": "log", "level": level, "message": f"line {number}"}
            for number in numbers
        ),
    )


def follow(open_notebook: Open, source: Source) -> tuple[Notebook, Locator]:
    notebook = open_notebook(f"%stream {source.url}/log")
    notebook.run(1)
    return notebook, notebook.panel(1)


def log_of(panel: Locator) -> Locator:
    return panel.get_by_label("Log lines")


def test_the_end_is_followed_until_the_reader_leaves_it(
    open_notebook: Open, source: Source
) -> None:
    """A reader who scrolls up stays there, sees how many lines arrived, and can
    return."""
    notebook, panel = follow(open_notebook, source)
    print_lines(source, *range(100))
    log = log_of(panel)
    expect(log.get_by_text("line 99", exact=True)).to_be_in_viewport()
    print_lines(source, *range(100, 200))
    expect(log.get_by_text("line 199", exact=True)).to_be_in_viewport()
    news = panel.get_by_role("button", name="new line")
    expect(news).to_have_count(0)

    log.focus()
    notebook.page.keyboard.press("Home")
    expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
    print_lines(source, *range(200, 212))
    expect(news).to_have_text("↓ 12 new lines")
    expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()

    news.focus()
    notebook.page.keyboard.press("Enter")
    expect(log.get_by_text("line 211", exact=True)).to_be_in_viewport()
    expect(news).to_have_count(0)
    expect(log).to_be_focused()
    print_lines(source, 212)
    expect(log.get_by_text("line 212", exact=True)).to_be_in_viewport()
    for key in ("ArrowUp", "ArrowUp", "PageUp"):
        notebook.page.keyboard.press(key)
    expect(log).to_be_focused()
    # Scrolling takes a moment; a reader still at the end would follow it.
    expect(log.get_by_text("line 212", exact=True)).not_to_be_in_viewport()
    print_lines(source, 213)
    expect(news).to_have_text("↓ 1 new line")
    notebook.page.keyboard.press("End")
    expect(log.get_by_text("line 213", exact=True)).to_be_in_viewport()
    expect(news).to_have_count(0)


def test_a_level_hides_what_is_less_severe(open_notebook: Open, source: Source) -> None:
    _, panel = follow(open_notebook, source)
    print_lines(source, *range(30))
    print_lines(source, 30, level="warning")
    print_lines(source, 31, level="critical")
    log = log_of(panel)
    expect(log).to_contain_text("line 31")
    panel.get_by_label("Level").select_option("Warnings and errors")
    expect(log.locator("bdi")).to_have_text(["line 30", "line 31"])
    panel.get_by_label("Level").select_option("Errors")
    print_lines(source, 32, level="info")
    print_lines(source, 33, level="error")
    expect(log.locator("bdi")).to_have_text(["line 31", "line 33"])
    panel.get_by_label("Level").select_option("All")
    expect(log).to_contain_text("line 32")


def test_search_finds_and_moves_from_one_match_to_the_next(
    open_notebook: Open, source: Source
) -> None:
    """Enter moves forwards, Shift+Enter back; Esc clears, and does not cancel."""
    notebook, panel = follow(open_notebook, source)
    print_lines(source, *range(1000))
    log = log_of(panel)
    expect(log).to_contain_text("line 999")
    search = panel.get_by_label("Search")
    search.fill("LINE 77")
    found = panel.locator(".nbs-log-found")
    expect(found).to_have_text("11 lines")  # 77, and 770 to 779
    press = notebook.page.keyboard.press
    press("Enter")
    expect(found).to_have_text("1 of 11 lines")
    current = log.locator(".nbs-current")
    expect(current).to_contain_text("line 77")
    expect(current).to_be_in_viewport()
    expect(current.locator("mark")).to_have_text("line 77")
    press("Enter")
    expect(current).to_contain_text("line 770")
    expect(current).to_be_in_viewport()
    press("Shift+Enter")
    press("Shift+Enter")
    expect(current).to_contain_text("line 779")
    press("Escape")
    expect(search).to_have_value("")
    expect(found).to_be_empty()
    press("Escape")
    expect(log).to_be_focused()
    expect(panel.get_by_role("status")).to_have_text("Live")


def test_a_long_log_draws_only_the_visible_lines(
    open_notebook: Open, source: Source
) -> None:
    """Of a hundred thousand lines a few are drawn at any scroll offset; and a second
    view, opened later, shows the same."""
    body = (
        f"%%stream\nimport asyncio\nfor n in range({LINES}):\n"
        "    yield {'type': 'log', 'message': f'line {n}'}\n"
        "await asyncio.Event().wait()"
    )
    notebook = open_notebook(body)
    notebook.run(1)
    log = log_of(notebook.panel(1))
    expect(log).to_contain_text(f"line {LINES - 1}", timeout=60_000)
    assert log.locator(".nbs-line").count() < 120
    log.focus()
    notebook.page.keyboard.press("Home")
    expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
    assert log.locator(".nbs-line").count() < 120

    notebook.command("notebook:create-output-view")
    second = notebook.page.locator(".jp-LinkedOutputView").get_by_label("Log lines")
    expect(second).to_contain_text(f"line {LINES - 1}", timeout=60_000)
    assert second.locator(".nbs-line").count() < 120
    assert second.evaluate("el => el.scrollHeight") == log.evaluate(
        "el => el.scrollHeight"
    )
    notebook.command("application:close")  # the second view, which is the current one
    expect(second).to_have_count(0)


def test_lines_are_coloured_live_and_frozen(
    open_notebook: Open, source: Source
) -> None:
    """Freezing changes neither the lines' positions nor their colours."""
    notebook, panel = follow(open_notebook, source)
    message = "\x1b[1;31mfailed\x1b[0m <b>at</b> \x1b]8;;http://x\x07\x1b[2Jstep"
    source.send("/log", {"type": "log", "level": "error", "message": message})
    log = log_of(panel)
    expect(log).to_have_text("ERROR   failed <b>at</b> step")
    expect(panel.get_by_label("Level")).to_have_count(0)  # a short log has none
    style = "el => [getComputedStyle(el).color, getComputedStyle(el).fontWeight]"
    live = log.get_by_text("failed").evaluate(style)
    assert live[1] == "700"
    assert log.evaluate("el => getComputedStyle(el).color") != live[0]
    source.end("/log")
    frozen = notebook.wait_frozen(1)
    expect(frozen).to_have_text("ERROR   failed <b>at</b> step")
    assert frozen.get_by_text("failed").evaluate(style) == live


def test_a_page_that_was_frozen_catches_up_at_the_readers_place(
    open_notebook: Open, source: Source
) -> None:
    """It receives a full snapshot, and keeps the filter, the search and the scroll
    offset."""
    notebook = open_notebook(
        "%%stream\nimport asyncio\nfor n in range(60_000):\n"
        "    if n == 1000: await go.wait()\n"
        "    level = 'error' if n % 2 else 'info'\n"
        "    yield {'type': 'log', 'level': level, 'message': f'line {n}'}\n"
        "await asyncio.Event().wait()",
        "import asyncio; go = asyncio.Event()",
    )
    notebook.run(2)
    notebook.run(1)
    panel = notebook.panel(1)
    log = log_of(panel)
    expect(log).to_contain_text("line 999")
    panel.get_by_label("Level").select_option("Errors")
    panel.get_by_label("Search").fill("line 333")
    notebook.page.keyboard.press("Enter")
    expect(log.locator(".nbs-current")).to_be_in_viewport()
    notebook.evaluate("go.set()")
    notebook.page.evaluate(
        "() => { const end = Date.now() + 5000; while (Date.now() < end); }"
    )
    expect(panel.get_by_role("button", name="29,500 new lines")).to_be_visible()
    expect(panel.get_by_label("Search")).to_have_value("line 333")
    expect(panel.locator(".nbs-log-found")).to_contain_text("1 of")
    expect(log.locator(".nbs-current")).to_have_text("ERROR   line 333")
    expect(log.locator(".nbs-current")).to_be_in_viewport()


def test_the_frozen_log_begins_at_its_end(open_notebook: Open, source: Source) -> None:
    """As in the live log; and the keyboard scrolls it."""
    notebook, panel = follow(open_notebook, source)
    print_lines(source, *range(100))
    expect(log_of(panel)).to_contain_text("line 99")
    source.end("/log")
    frozen = log_of(notebook.wait_frozen(1))
    place = "el => [Math.round(el.scrollTop), el.scrollHeight > 2 * el.clientHeight]"
    assert frozen.evaluate(place) == [0, True]  # measured from below: the end is 0
    assert frozen.evaluate(
        "el => Math.abs(el.getBoundingClientRect().bottom"
        " - el.firstChild.getBoundingClientRect().bottom) < 20"
    )
    frozen.focus()
    notebook.page.keyboard.press("Home")
    notebook.page.wait_for_function(
        "el => el.scrollTop < -100", arg=frozen.element_handle()
    )
