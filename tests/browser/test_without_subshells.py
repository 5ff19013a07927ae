"""A page without subshells, as in VS Code: JupyterLab, with them switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .. import old_kernel
from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text
from .test_thread import cell_that_computes_until

Open = Callable[..., Notebook]

ipykernel = old_kernel.ipykernel
EACH = pytest.mark.parametrize("ipykernel", [None, "6.29.5"], indirect=True)


@pytest.fixture(scope="session")
def server(
    ipykernel: Path | None,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Jupyter]:
    if ipykernel is None:
        yield request.getfixturevalue("lab")
        return
    started = Jupyter("lab", tmp_path_factory.mktemp("lab"), packages=ipykernel)
    yield started
    started.close()


def start(notebook: Notebook, source: Source, index: int) -> None:
    """Start a cell that follows a stream, without subshells, and wait for its text."""
    notebook.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".commsOverSubshells = 'disabled'; }"
    )
    notebook.start(index)
    source.wait_present("/s")
    source.text("/s", "so far")
    expect(panel_text(notebook.panel(index))).to_have_text("so far")


def cancel(notebook: Notebook, index: int) -> None:
    notebook.panel(index).get_by_role("button", name="Cancel the stream").click()


@EACH
def test_cancel_while_the_cell_waits(
    open_notebook: Open, server: Jupyter, source: Source
) -> None:
    notebook = open_notebook(
        f"%stream {source.url}/s --wait\nprint('went on')", server=server
    )
    start(notebook, source, 1)
    cancel(notebook, 1)
    source.wait_left("/s")
    expect(notebook.wait_frozen(1)).to_contain_text("Cancelled")
    expect(notebook.cell(1)).to_contain_text("went on")
    notebook.wait_for_kernel()


@EACH
def test_cancel_while_a_cell_computes(
    open_notebook: Open, server: Jupyter, source: Source, tmp_path: Path
) -> None:
    """The kernel's loop is held, so the panel shows what to do."""
    free = tmp_path / "free"
    notebook = open_notebook(
        f"%stream {source.url}/s", cell_that_computes_until(free), server=server
    )
    start(notebook, source, 1)
    notebook.start(2)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    cancel(notebook, 1)
    expect(notebook.panel(1).get_by_role("status")).to_have_text(
        "Cancelling after the running cell; interrupt it to cancel now",
        timeout=3_000,
    )
    notebook.command("notebook:interrupt-kernel")
    source.wait_left("/s")
    expect(notebook.wait_frozen(1)).to_contain_text("Cancelled")
