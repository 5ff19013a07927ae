"""JupyterLab under a base URL, behind nginx, as on a hub or in a company's portal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text
from .nginx import Nginx


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    base = "--ServerApp.base_url=/deep/base/"
    server = Jupyter("lab", tmp_path_factory.mktemp("based"), options=[base])
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), server.url)
    server.url = proxy.url  # pages reach it only so
    yield server
    proxy.close()
    server.close()


@pytest.fixture
def notebook(proxied: Jupyter, browser: Browser, source: Source) -> Iterator[Notebook]:
    """Return a notebook with one stream, whose first text is shown."""
    cells = ["%load_ext nbstream", f"%stream {source.url}/s"]
    opened = proxied.open(browser, "based.ipynb", cells)
    assert "/deep/base/" in opened.page.url
    opened.run(0)
    opened.run(1)
    source.text("/s", "one")
    expect(panel_text(opened.panel(1))).to_have_text("one")
    yield opened
    opened.shut_kernel_down()
    opened.close()


def test_live_over_a_reload_to_the_end(notebook: Notebook, source: Source) -> None:
    source.text("/s", ", two")
    expect(panel_text(notebook.panel(1))).to_have_text("one, two")
    notebook.save()
    notebook.reload()
    source.text("/s", ", three")
    expect(panel_text(notebook.panel(1))).to_have_text("one, two, three")
    source.end("/s")
    expect(notebook.wait_frozen(1)).to_have_text("one, two, three")
    assert "widget-view" not in str(notebook.save())


def test_cancel(notebook: Notebook, source: Source) -> None:
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/s")
    expect(notebook.wait_frozen(1)).to_contain_text("Cancelled")
