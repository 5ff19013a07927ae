"""Notebook 7 as JupyterLab: live, cancelled, and ordinary output at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    server = Jupyter("notebook", tmp_path_factory.mktemp("notebook7"))
    yield server
    server.close()


def test_live_cancel_and_freeze(
    open_notebook: Callable[..., Notebook], notebook7: Jupyter, source: Source
) -> None:
    notebook = open_notebook(
        f"%stream {source.url}/a", f"%stream {source.url}/b", server=notebook7
    )
    for index, path in ((1, "/a"), (2, "/b")):
        notebook.run(index)
        source.text(path, "so far")
        expect(panel_text(notebook.panel(index))).to_have_text("so far")
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    source.wait_left("/a")
    expect(notebook.wait_frozen(1)).to_contain_text("Cancelled")
    source.end("/b")
    expect(notebook.wait_frozen(2)).to_have_text("so far")
    assert "widget-view" not in str(notebook.save())
