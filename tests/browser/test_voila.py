"""Streams in a Voilà dashboard: from its cells, and from what a reader clicks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from nbstream.testing import Answer, Gate

from ..channel_server import Source
from .jupyter import TIMEOUT_MS, panel_text
from .model_notebooks import Serve, wait_until_closed
from .voila import Voila

Open = Callable[..., Page]
LOAD = "%load_ext nbstream"
BUTTON = """
import ipywidgets, nbstream
from IPython.display import display
out = ipywidgets.Output()
button = ipywidgets.Button(description="Follow")
{handler}
button.on_click(follow)
display(button, out)
"""


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voila]:
    server = Voila(tmp_path_factory.mktemp("voila"))
    yield server
    server.close()


@pytest.fixture
def open_dashboard(
    voila: Voila, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Return a function that opens a dashboard of these cells."""
    opened: list[Page] = []

    def open_(*cells: str) -> Page:
        name = f"{request.node.name}.ipynb"
        opened.append(voila.open(browser, name, [LOAD, *cells]))
        return opened[-1]

    yield open_
    for page in opened:
        page.close()


def panel_with(page: Page, text: str) -> Locator:
    """Wait until the dashboard shows a panel with this text; return the panel."""
    panel = page.locator(".nbs-panel")
    expect(panel_text(panel)).to_have_text(text, timeout=TIMEOUT_MS)
    return panel


def cancel(panel: Locator) -> None:
    panel.get_by_role("button", name="Cancel the stream").click()


def test_a_cell_s_endless_stream_is_live_and_cancels(
    open_dashboard: Open, source: Source
) -> None:
    """The page is there, with all its cells, while the stream runs."""
    page = open_dashboard(f"%stream {source.url}/s", "print('the last cell')")
    source.text("/s", "one")
    panel = panel_with(page, "one")
    expect(page.get_by_text("the last cell")).to_be_visible()
    source.text("/s", ", two")
    expect(panel_text(panel)).to_have_text("one, two")
    cancel(panel)
    source.wait_left("/s")
    expect(page.get_by_text("Cancelled")).to_be_visible()
    expect(page.get_by_text("one, two")).to_be_visible()


def test_a_stream_that_ends_keeps_its_text(
    open_dashboard: Open, source: Source
) -> None:
    page = open_dashboard(f"%stream {source.url}/s")
    source.text("/s", "all ")
    panel_with(page, "all")
    source.text("/s", "of it")
    source.end("/s")
    expect(page.get_by_text("all of it")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the stream")).to_have_count(0)


@pytest.mark.parametrize(
    "statement",
    [
        "display(nbstream.stream({url!r}))",
        "get_ipython().run_line_magic('stream', {url!r})",
    ],
    ids=["function", "magic"],
)
def test_a_button_starts_a_stream(
    open_dashboard: Open, source: Source, statement: str
) -> None:
    """The callback returns at once, and the panel is in the widget's output."""
    called = statement.format(url=f"{source.url}/s")
    handler = f"""
def follow(_):
    with out:
        {called}
    button.description = "Returned"
"""
    page = open_dashboard(BUTTON.format(handler=handler))
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Returned")).to_be_visible()
    source.text("/s", "one")
    panel = panel_with(page, "one")
    source.text("/s", ", two")
    expect(panel_text(panel)).to_have_text("one, two")
    cancel(panel)
    source.wait_left("/s")
    expect(page.get_by_text("Cancelled")).to_be_visible()


def test_a_model_answers(open_dashboard: Open, model_server: Serve) -> None:
    server = model_server(Answer("So far so good, and on.", pause=Gate("go", 4)))
    page = open_dashboard(
        f"import os\nos.environ |= {server.environment!r}",
        "%%stream claude\nGo on.",
    )
    panel = panel_with(page, "So far so good,")
    cancel(panel)
    wait_until_closed(server, 0)
    expect(page.get_by_text("Cancelled")).to_be_visible()
