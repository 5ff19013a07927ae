"""marimo: a stream as a cell's last value is a live panel, when it is edited and when
it is run as an app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nbstream.testing import Answer, Gate, ModelServer

from ..channel_server import Source
from .marimo_server import Marimo

Open = Callable[..., Page]

IMPORTS = "import os, nbstream"
FOLLOW = 's = nbstream.stream(os.environ["URL"] + "/job")\ns'
TIMEOUT_MS = 20_000
# A kernel starts first, and imports what draws panels.
FIRST_PANEL_MS = 60_000


@pytest.fixture
def open_marimo(
    browser: Browser, source: Source, tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """Return a function that starts marimo with these cells, whose streams may follow
    the source, and opens its page."""
    opened: list[tuple[Marimo, Page]] = []

    def open_(mode: str, *cells: str, **environment: str) -> Page:
        environment["URL"] = source.url
        server = Marimo(mode, tmp_path, IMPORTS, *cells, environment=environment)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        opened.append((server, page))
        page.goto(server.url)
        page.locator(".nbs-panel").first.wait_for(timeout=FIRST_PANEL_MS)
        return page

    yield open_
    for server, page in opened:
        page.close()
        server.close()


def run_cell(page: Page, number: int) -> None:
    page.locator(".cm-content").nth(number).click()
    page.keyboard.press("Control+Enter")


def test_the_panel_of_an_edited_cell(open_marimo: Open, source: Source) -> None:
    """It is live, survives a reload, and is replaced with its stream when the cell runs
    again. Cancel closes the connection; what was received stays."""
    page = open_marimo("edit", FOLLOW)
    text = page.locator(".nbs-panel .nbs-text")
    source.wait_present("/job")
    source.text("/job", "one ")
    expect(text).to_have_text("one ")
    source.text("/job", "two ")
    expect(text).to_have_text("one two ")

    page.reload()
    expect(text).to_have_text("one two ")
    source.text("/job", "three ")
    expect(text).to_have_text("one two three ")

    run_cell(page, 1)
    source.wait_left("/job")
    source.wait_present("/job")
    source.text("/job", "four ")
    expect(text).to_have_text("one two three four ")

    page.get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/job", 2)
    expect(page.locator(".nbs-panel")).to_contain_text("Cancelled")
    expect(text).to_have_text("one two three four ")


def test_an_app_that_awaits_its_stream(open_marimo: Open, source: Source) -> None:
    """The panel is live although marimo reads no message of the page while a cell
    awaits; after the end the stream displays as ordinary output."""
    # What is sent before the page has mounted the panel is lost.
    received = FOLLOW.replace("\n", "\nawait anext(aiter(s))\n")
    source.text("/job", "**one** ")
    page = open_marimo("run", received, "await s\ns")
    text = page.locator(".nbs-panel .nbs-text")
    expect(text).to_have_text("one")
    source.text("/job", "two")
    expect(text).to_have_text("one two")
    source.end("/job")
    expect(page.locator(".nbs-panel")).to_contain_text("Finished")
    ended = page.locator(".nbstream-snapshot")
    expect(ended).to_have_text("one two")
    expect(ended.locator("strong")).to_have_text("one")
    expect(text).to_have_text("one two")


def test_a_comparison_in_an_app(open_marimo: Open) -> None:
    """Its answers are live side by side, and each can be cancelled."""
    ask = (
        "both = nbstream.Comparison(\n"
        '    [nbstream.ask(f"openai:{name}", "Which river?") for name in ("a", "b")]\n'
        ")\n"
        "both"
    )

    def answer(asked: object) -> Answer:
        return Answer("The Nile, and more.", pause=Gate("half", 2))

    with ModelServer(answer) as server:
        page = open_marimo("run", ask, **server.environment)
        panels = page.locator(".nbs-panel")
        expect(panels).to_have_count(2)
        for number in range(2):
            expect(panels.nth(number)).to_contain_text("The Nile,")
        left, right = (panels.nth(number).bounding_box() for number in range(2))
        assert left and right
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]
        page.get_by_role("button", name="Cancel the stream openai:a").click()
        expect(panels.first).to_contain_text("Cancelled")
        server.signal("half")
        expect(panels.nth(1)).to_contain_text("The Nile, and more.")
