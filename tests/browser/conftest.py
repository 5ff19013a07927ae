"""Set up the fixtures that every browser test needs: one browser, one server of each
kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from ..channel_server import Source
from .jupyter import Jupyter, Notebook

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Return the path of Debian's Chromium; Playwright's build is not available for
    every platform."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Expected Chromium; on Debian: apt-get install chromium"
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    server = Jupyter("lab", tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture
def source() -> Iterator[Source]:
    server = Source()
    yield server
    server.close()


@pytest.fixture
def open_notebook(
    lab: Jupyter, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Return a function that opens a notebook of these cells, after one that loads the
    extension."""
    opened: list[Notebook] = []

    def open_(*cells: str, server: Jupyter = lab) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        notebook = server.open(browser, name, ["%load_ext nbstream", *cells])
        opened.append(notebook)
        notebook.run(0)
        return notebook

    yield open_
    for notebook in opened:
        notebook.shut_kernel_down()
        notebook.close()
