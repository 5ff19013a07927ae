"""Cancel, by every control: the server sees the connection close."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]


def begin(notebook: Notebook, source: Source, index: int, path: str) -> None:
    """Run a cell that follows a path, and wait for its first text."""
    notebook.run(index)
    source.wait_present(path)
    source.text(path, "so far")
    expect(panel_text(notebook.panel(index))).to_have_text("so far")


def assert_cancelled(notebook: Notebook, source: Source, index: int, path: str) -> None:
    """Assert that the connection is closed and that the text so far is ordinary
    output."""
    source.wait_left(path)
    frozen = notebook.wait_frozen(index)
    expect(frozen).to_contain_text("so far")
    expect(frozen).to_contain_text("Cancelled")


def test_the_button_with_an_idle_kernel(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(f"%stream {source.url}/s")
    begin(notebook, source, 1, "/s")
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    assert_cancelled(notebook, source, 1, "/s")


def test_the_button_while_another_cell_awaits(
    open_notebook: Open, source: Source
) -> None:
    notebook = open_notebook(
        f"%stream {source.url}/s",
        "import asyncio\nheld = asyncio.Event()\nawait held.wait()",
    )
    begin(notebook, source, 1, "/s")
    notebook.start(2)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    assert_cancelled(notebook, source, 1, "/s")
    notebook.command("notebook:interrupt-kernel")


def test_escape_in_the_panel(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(f"%stream {source.url}/s")
    begin(notebook, source, 1, "/s")
    panel_text(notebook.panel(1)).click()
    notebook.page.keyboard.press("Escape")
    assert_cancelled(notebook, source, 1, "/s")


def test_running_the_cell_again(open_notebook: Open, source: Source) -> None:
    """The cell's previous stream is cancelled, and the new one continues."""
    notebook = open_notebook(f"%stream {source.url}/s")
    begin(notebook, source, 1, "/s")
    notebook.run(1)
    source.wait_left("/s")
    source.wait_present("/s", 1)
    source.text("/s", " and on")
    expect(panel_text(notebook.panel(1))).to_have_text("so far and on")


def test_deleting_the_cell(open_notebook: Open, source: Source) -> None:
    """The kernel learns of it at the next execution, and cancels then."""
    notebook = open_notebook(f"%stream {source.url}/s", "1")
    begin(notebook, source, 1, "/s")
    notebook.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }"
    )
    notebook.command("notebook:delete-cell")
    notebook.run(1)
    source.wait_left("/s")


def test_streams_cancel_all(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(
        f"%stream -n a {source.url}/a",
        f"%stream -n b {source.url}/b",
        "%streams",
        "%streams cancel all",
    )
    begin(notebook, source, 1, "/a")
    begin(notebook, source, 2, "/b")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("live")
    notebook.run(4)
    assert_cancelled(notebook, source, 1, "/a")
    assert_cancelled(notebook, source, 2, "/b")


def test_interrupting_a_cell_that_waits(open_notebook: Open, source: Source) -> None:
    """The cell ends without an error and keeps the text so far."""
    notebook = open_notebook(f"%stream --wait {source.url}/s\nprint('went on')")
    notebook.start(1)
    source.wait_present("/s")
    source.text("/s", "so far")
    expect(panel_text(notebook.panel(1))).to_have_text("so far")
    notebook.command("notebook:interrupt-kernel")
    source.wait_left("/s")
    expect(notebook.wait_frozen(1)).to_contain_text("so far")
    expect(notebook.cell(1)).to_contain_text("went on")


@pytest.mark.parametrize("line", ["%unload_ext nbstream", "s.cancel(); s.cancel()"])
def test_from_the_kernel(open_notebook: Open, source: Source, line: str) -> None:
    """Unloading the extension ends every stream; cancelling twice is harmless."""
    notebook = open_notebook(f"%stream -n s {source.url}/s", line)
    begin(notebook, source, 1, "/s")
    notebook.run(2)
    assert_cancelled(notebook, source, 1, "/s")


def test_shutting_the_kernel_down(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(f"%stream {source.url}/s")
    begin(notebook, source, 1, "/s")
    notebook.shut_kernel_down()
    source.wait_left("/s")
    left = notebook.cell(1).locator(".nbstream-snapshot")
    expect(left).to_contain_text("so far", timeout=15_000)
    expect(left).to_contain_text("The kernel ended")
    assert "widget-view" not in str(notebook.save())


def test_restarting_the_kernel(open_notebook: Open, source: Source) -> None:
    """The page freezes what it showed, since no kernel is left to do it."""
    notebook = open_notebook(f"%stream {source.url}/s")
    begin(notebook, source, 1, "/s")
    notebook.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget"
        ".sessionContext.restartKernel(); }"
    )
    source.wait_left("/s")
    expect(notebook.cell(1).locator(".nbstream-snapshot")).to_contain_text("so far")
