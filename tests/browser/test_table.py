"""`%streams`: a live table while streams run, ordinary output otherwise."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]


def test_the_table_is_live_and_cancels(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(
        f"%stream -n first {source.url}/a",
        f"%stream -n second {source.url}/b",
        "%streams",
        f"%stream -n third {source.url}/c",
    )
    for index, path in ((1, "/a"), (2, "/b")):
        notebook.run(index)
        source.text(path, "so far")
        expect(panel_text(notebook.panel(index))).to_have_text("so far")
    notebook.run(3)
    table = notebook.output(3)
    first = table.get_by_role("row", name="first")
    expect(first).to_contain_text("live")
    source.text("/a", " and more")
    expect(first.get_by_role("cell").nth(4)).to_have_text("2")
    notebook.run(4)
    expect(table.get_by_role("row", name="third")).to_be_visible()
    table.get_by_role("button", name="Cancel first").click()
    source.wait_left("/a")
    expect(first).to_contain_text("cancelled")
    expect(table.get_by_role("row", name="second")).to_contain_text("live")
    table.get_by_role("button", name="Cancel all").click()
    source.wait_left("/b")
    source.wait_left("/c")
    expect(table.get_by_role("button")).to_have_count(0)
    (output,) = notebook.save().cells[3].outputs
    assert set(output.data) == {"text/plain", "text/markdown", "text/html"}
    assert output.data["text/plain"].count("cancelled") == 3


def test_shutting_the_kernel_down(open_notebook: Open, source: Source) -> None:
    """What the table showed stays, with no button that does nothing."""
    notebook = open_notebook(f"%stream -n first {source.url}/a", "%streams")
    notebook.run(1)
    notebook.run(2)
    expect(notebook.output(2).get_by_role("row", name="first")).to_be_visible()
    notebook.shut_kernel_down()
    left = notebook.cell(2).locator(".nbstream-snapshot")
    expect(left).to_contain_text("The kernel ended", timeout=15_000)
    expect(left.get_by_role("row", name="first")).to_contain_text("live")
    expect(left).not_to_contain_text("Cancel")
    assert "widget-view" not in str(notebook.save().cells[2])


def test_without_a_running_stream_it_is_ordinary_at_once(open_notebook: Open) -> None:
    notebook = open_notebook("%streams")
    notebook.run(1)
    expect(notebook.output(1)).to_have_text("No streams yet.")
