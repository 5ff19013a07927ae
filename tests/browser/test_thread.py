"""`--thread`: a stream continues, and can be cancelled, while a cell computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]


def cell_that_computes_until(path: Path) -> str:
    """Return a cell that blocks the kernel's event loop until a file exists."""
    return f"import os\nwhile not os.path.exists({str(path)!r}):\n    sum(range(1000))"


def test_it_continues_and_cancels_while_a_cell_computes(
    open_notebook: Open, source: Source, tmp_path: Path
) -> None:
    """In the kernel's loop, neither would happen before the cell's end."""
    free = tmp_path / "free"
    notebook = open_notebook(
        f"%stream --thread -n s {source.url}/s",
        cell_that_computes_until(free),
        "s.state, s.text",
    )
    notebook.run(1)
    source.text("/s", "before ")
    expect(panel_text(notebook.panel(1))).to_have_text("before")
    notebook.start(2)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    for word in ("while ", "it ", "computes"):
        source.text("/s", word)
        expect(panel_text(notebook.panel(1))).to_contain_text(word.strip())
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/s")
    expect(notebook.wait_frozen(1)).to_contain_text("before while it computes")
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    free.touch()
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("('cancelled', 'before while it")


def test_a_busy_kernel_is_distinguished_from_a_silent_stream(
    open_notebook: Open, source: Source, tmp_path: Path
) -> None:
    """A stream in the kernel's loop is paused while a cell computes, and the panel
    shows why."""
    free = tmp_path / "free"
    notebook = open_notebook(f"%stream {source.url}/s", cell_that_computes_until(free))
    notebook.run(1)
    source.text("/s", "before")
    status = notebook.panel(1).get_by_role("status")
    expect(status).to_have_text("Live")
    notebook.start(2)
    expect(status).to_have_text("Live, kernel busy", timeout=15_000)
    free.touch()
    expect(status).to_have_text("Live", timeout=15_000)


def test_a_handle_in_a_thread_is_awaited_and_read_as_any(
    open_notebook: Open, source: Source
) -> None:
    source.text("/s", "a", "b")
    source.end("/s")
    notebook = open_notebook(
        f"import nbstream\ns = nbstream.stream('{source.url}/s', thread=True)\n"
        "print([u.text async for u in s if hasattr(u, 'text')], (await s).state)"
    )
    notebook.run(1)
    expect(notebook.output(1)).to_have_text("['a', 'b'] finished")
