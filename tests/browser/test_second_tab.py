"""A second tab on the same notebook: the same content, live, and the same end."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text

Open = Callable[..., Notebook]


def test_a_second_tab_shows_the_same_and_cancels(
    open_notebook: Open, source: Source, lab: Jupyter, browser: Browser
) -> None:
    """Content from before and after it was opened, and the end; and each tab, reloaded
    after that, still shows it."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "early ")
    expect(panel_text(notebook.panel(1))).to_have_text("early")
    notebook.save()
    second = lab.reopen(browser, notebook.path.name)
    tabs = (notebook, second)
    expect(panel_text(second.panel(1))).to_have_text("early")
    source.text("/s", "late")
    for tab in tabs:
        expect(panel_text(tab.panel(1))).to_have_text("early late")
        expect(tab.panel(1).get_by_role("status")).to_have_text("Live")

    second.panel(1).get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/s")
    for tab in tabs:
        expect(tab.wait_frozen(1)).to_contain_text("early late")
        expect(tab.wait_frozen(1)).to_contain_text("Cancelled")
    notebook.save()
    for tab in tabs:
        tab.reload()
        expect(tab.wait_frozen(1)).to_contain_text("early late")
    second.close()


def test_two_views_in_one_tab_are_cancelled_together(
    open_notebook: Open, source: Source
) -> None:
    """Also a new view of the output, which Jupyter opens in a separate panel."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "early ")
    expect(panel_text(notebook.panel(1))).to_have_text("early")
    notebook.command("notebook:create-output-view")
    both = panel_text(notebook.page.locator(".nbs-panel"))
    expect(both).to_have_text(["early", "early"])
    source.text("/s", "late")
    expect(both).to_have_text(["early late", "early late"])
    cancel = notebook.page.get_by_role("button", name="Cancel the stream")
    cancel.last.click()
    source.wait_left("/s")
    expect(notebook.page.locator(".nbstream-snapshot")).to_have_count(2)
    expect(notebook.page.locator(".nbs-panel")).to_have_count(0)
