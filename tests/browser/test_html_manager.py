"""Panels in a page of @jupyter-widgets/html-manager, which knows no notebook and has no
subshells.

It stands in for VS Code and Colab, whose requests are imitated: VS Code names its
cells, and in Colab's kernels `google.colab` is imported. VS Code and Colab themselves
are not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from nbstream.testing import Answer, Gate

from ..channel_server import Source
from .jupyter import TIMEOUT_MS, Jupyter, panel_text
from .model_notebooks import Serve
from .standin_page import StandIn, build

Open = Callable[..., StandIn]
VS_CODE = {"cellId": "vscode-notebook-cell:/home/me/work.ipynb#W{}sZmlsZQ%3D%3D"}
LOAD = "%load_ext nbstream"
COLAB = f"import sys\nsys.modules['google.colab'] = sys\n{LOAD}"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("standin") / "standin.js"
    build(target)
    return target


@pytest.fixture
def open_page(lab: Jupyter, browser: Browser, script: Path) -> Iterator[Open]:
    """Return a function that opens a page whose kernel has run this first cell."""
    opened: list[StandIn] = []

    def open_(first: str = LOAD, **options: Any) -> StandIn:
        page = StandIn(browser, lab, script, **{"metadata": VS_CODE, **options})
        opened.append(page)
        page.run(first)
        return page

    yield open_
    for page in opened:
        page.close()


def panel_of(cell: Locator) -> Locator:
    return cell.locator(".nbs-panel")


def wait_frozen(cell: Locator) -> Locator:
    """Wait until ordinary output has replaced the panel of this cell; return the
    cell."""
    expect(cell.locator(".nbstream-snapshot").first).to_be_visible(timeout=TIMEOUT_MS)
    expect(panel_of(cell)).to_have_count(0)
    return cell


def cancel_in(panel: Locator) -> Locator:
    return panel.get_by_role("button", name="Cancel the stream")


def test_a_stream_is_live_after_its_cell_and_freezes(
    open_page: Open, source: Source
) -> None:
    """Other cells run meanwhile, and a display update replaces the panel."""
    page = open_page()
    cell = page.run(f"%stream {source.url}/s")
    text = ""
    for token in ("Live ", "in ", "any ", "page."):
        source.text("/s", token)
        text += token
        expect(panel_text(panel_of(cell))).to_have_text(text.strip())
    expect(panel_of(cell).get_by_role("status")).to_have_text("Live")
    expect(page.run("print(6 * 7)")).to_have_text("42")
    source.end("/s")
    expect(wait_frozen(cell)).to_have_text("Live in any page.")


def test_without_display_updates_the_panel_stays(
    open_page: Open, source: Source
) -> None:
    """It shows the whole content and how it ended; nothing is left to cancel."""
    page = open_page(query="updates=no")
    cell = page.run(f"%stream {source.url}/s")
    source.text("/s", "all ", "of it")
    source.end("/s")
    panel = panel_of(cell)
    expect(panel.get_by_role("status")).to_have_text("Finished")
    expect(panel_text(panel)).to_have_text("all of it")
    expect(cancel_in(panel)).to_have_count(0)


def test_without_widgets_the_output_is_refreshed(
    open_page: Open, source: Source
) -> None:
    page = open_page(query="widgets=no")
    cell = page.run(f"%stream {source.url}/s")
    source.text("/s", "one")
    expect(cell).to_contain_text("one", timeout=TIMEOUT_MS)
    source.text("/s", ", two")
    expect(cell).to_contain_text("one, two")
    source.end("/s")
    expect(cell).to_have_text("one, two")


def test_cancel_closes_the_connection(open_page: Open, source: Source) -> None:
    page = open_page()
    cell = page.run(f"%stream {source.url}/s")
    source.text("/s", "so far")
    expect(panel_text(panel_of(cell))).to_have_text("so far")
    cancel_in(panel_of(cell)).click()
    source.wait_left("/s")
    expect(wait_frozen(cell)).to_contain_text("so far")
    expect(wait_frozen(cell)).to_contain_text("Cancelled")


def test_cancel_while_the_cell_waits(open_page: Open, source: Source) -> None:
    page = open_page()
    cell = page.start(f"%stream --wait {source.url}/s\nprint('went on')")
    source.text("/s", "so far")
    expect(panel_text(panel_of(cell))).to_have_text("so far")
    cancel_in(panel_of(cell)).click()
    source.wait_left("/s")
    page.wait_ended(cell)
    expect(wait_frozen(cell)).to_contain_text("so far")
    expect(cell).to_contain_text("went on")


def test_cancel_while_another_cell_computes(
    open_page: Open, source: Source, tmp_path: Path
) -> None:
    """A stream in a thread ends at once. One in the kernel's loop ends with that cell,
    and its panel shows so."""
    page = open_page()
    beside = page.run(f"%stream --thread {source.url}/beside")
    held = page.run(f"%stream {source.url}/held")
    for cell, path in ((beside, "/beside"), (held, "/held")):
        source.text(path, "so far")
        expect(panel_text(panel_of(cell))).to_have_text("so far")
    done = tmp_path / "done"
    page.start(
        "import pathlib, time\n"
        f"while not pathlib.Path({str(done)!r}).exists():\n    time.sleep(0.01)"
    )
    cancel_in(panel_of(beside)).click()
    source.wait_left("/beside")
    cancel_in(panel_of(held)).click()
    status = panel_of(held).get_by_role("status")
    expect(status).to_contain_text("after the running cell")
    done.touch()
    source.wait_left("/held")
    for cell in (beside, held):
        expect(wait_frozen(cell)).to_contain_text("Cancelled")


def test_a_reload_continues_the_stream(open_page: Open, source: Source) -> None:
    """The page draws the panel again from the kernel, and nothing is lost or twice."""
    page = open_page()
    cell = page.run(f"%stream {source.url}/s")
    source.text("/s", "before, ")
    expect(panel_text(panel_of(cell))).to_have_text("before,")
    page.reload()
    expect(panel_text(panel_of(cell))).to_have_text("before,")
    source.text("/s", "after")
    expect(panel_text(panel_of(cell))).to_have_text("before, after")
    source.end("/s")
    expect(wait_frozen(cell)).to_have_text("before, after")
    page.reload()
    expect(wait_frozen(cell)).to_have_text("before, after")


def test_side_by_side_and_the_table(open_page: Open, model_server: Serve) -> None:
    """Two models are asked at once; each has its column, and its row in the table."""
    server = model_server(
        lambda asked: Answer(f"I am {asked.model}, and done.", pause=Gate("go", 3))
    )
    page = open_page(f"{LOAD}\nimport os\nos.environ |= {server.environment!r}")
    cell = page.run("%%stream claude:one claude:two -n both\nWho are you?")
    columns = panel_of(cell).locator(".nbs-text")
    # The kernel imports the vendor's client first, which may take seconds.
    expect(columns).to_have_text(["I am one,", "I am two,"], timeout=TIMEOUT_MS)
    table = page.run("%streams")
    expect(table.get_by_role("row").filter(has_text="live")).to_have_count(2)
    server.signal("go")
    frozen = wait_frozen(cell)
    expect(frozen).to_contain_text("I am one, and done.")
    expect(frozen).to_contain_text("I am two, and done.")
    expect(table.get_by_role("row").filter(has_text="finished")).to_have_count(2)


def test_colab_waits_and_is_live(open_page: Open, source: Source) -> None:
    """Colab's requests name no cell. A cell waits for its stream there, live."""
    page = open_page(COLAB, metadata={})
    cell = page.start(f"%stream {source.url}/s\nprint('the cell went on')")
    source.text("/s", "so far")
    expect(panel_text(panel_of(cell))).to_have_text("so far")
    expect(cell).not_to_contain_text("the cell went on")
    source.text("/s", " and on")
    expect(panel_text(panel_of(cell))).to_have_text("so far and on")
    source.end("/s")
    page.wait_ended(cell)
    expect(cell).to_contain_text("the cell went on")
    expect(wait_frozen(cell)).to_contain_text("so far and on")


def test_colab_cancels_while_the_cell_waits(open_page: Open, source: Source) -> None:
    page = open_page(COLAB, metadata={})
    cell = page.start(f"%stream {source.url}/s\nprint('the cell went on')")
    source.text("/s", "so far")
    expect(panel_text(panel_of(cell))).to_have_text("so far")
    cancel_in(panel_of(cell)).click()
    source.wait_left("/s")
    page.wait_ended(cell)
    expect(wait_frozen(cell)).to_contain_text("Cancelled")
    expect(cell).to_contain_text("the cell went on")
