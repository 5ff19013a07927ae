"""Streams that a widget's callback starts: live in its output, while the kernel is
free."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]

CELL = """
import ipywidgets, nbstream
out = ipywidgets.Output()
button = ipywidgets.Button(description="Follow")
def follow(_):
    with out:
        {statement}
    button.description = "Returned"
button.on_click(follow)
display(button, out)
"""


@pytest.mark.parametrize(
    "statement",
    [
        "display(nbstream.stream({url!r}))",
        "get_ipython().run_line_magic('stream', {url!r})",
    ],
    ids=["function", "magic"],
)
def test_a_button_starts_a_stream(
    open_notebook: Open, source: Source, statement: str
) -> None:
    called = statement.format(url=f"{source.url}/s")
    notebook = open_notebook(CELL.format(statement=called), "print(6 * 7)")
    notebook.run(1)
    cell = notebook.cell(1)
    cell.get_by_role("button", name="Follow").click()
    expect(cell.get_by_role("button", name="Returned")).to_be_visible()
    source.text("/s", "one")
    expect(panel_text(notebook.panel(1))).to_have_text("one")
    notebook.run(2)
    expect(notebook.output(2)).to_have_text("42")
    source.text("/s", ", two")
    expect(panel_text(notebook.panel(1))).to_have_text("one, two")
    cell.get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/s")
    expect(cell).to_contain_text("one, two")
    expect(cell).to_contain_text("Cancelled")


def test_a_stream_of_a_callback_keeps_its_content(
    open_notebook: Open, source: Source
) -> None:
    """In the widget's output, where nothing is left to cancel."""
    called = f"display(nbstream.stream('{source.url}/s'))"
    notebook = open_notebook(CELL.format(statement=called))
    notebook.run(1)
    notebook.cell(1).get_by_role("button", name="Follow").click()
    source.text("/s", "all of it")
    source.end("/s")
    expect(notebook.cell(1)).to_contain_text("all of it")
    cancel = notebook.cell(1).get_by_role("button", name="Cancel the stream")
    expect(cancel).to_have_count(0)


def test_a_task_starts_a_stream(open_notebook: Open, source: Source) -> None:
    """Code that runs after its cell shows its stream there, and holds nothing up."""
    notebook = open_notebook(
        "import asyncio, nbstream\ngo = asyncio.Event()\n"
        "async def later():\n    await go.wait()\n"
        f"    display(nbstream.stream('{source.url}/s'))\n"
        "    shown.set()\n"
        "shown = asyncio.Event()\ntask = asyncio.create_task(later())",
        "go.set()",
        "await shown.wait()\nprint('shown')",
    )
    notebook.run(1)
    notebook.run(2)
    notebook.run(3)
    expect(notebook.output(3)).to_have_text("shown")
    source.text("/s", "one")
    expect(panel_text(notebook.page.locator(".nbs-panel"))).to_have_text("one")
