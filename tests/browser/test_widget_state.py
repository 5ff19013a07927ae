"""JupyterLab's setting "Save Widget State Automatically": a notebook keeps a panel's
content, and none of the code that drew it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text

STATE = "application/vnd.jupyter.widget-state+json"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def saving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    folder = tmp_path_factory.mktemp("saving")
    setting = "plugin.jupyterlab-settings"
    path = folder / "settings" / "@jupyter-widgets" / "jupyterlab-manager" / setting
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"saveState": True}))
    server = Jupyter("lab", folder)
    yield server
    server.close()


@pytest.fixture
def open_notebook(
    saving: Jupyter, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    opened: list[Notebook] = []

    def open_(*cells: str) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        opened.append(saving.open(browser, name, ["%load_ext nbstream", *cells]))
        opened[-1].run(0)
        return opened[-1]

    yield open_
    for notebook in opened:
        notebook.close()


def assert_no_code(path: Path) -> None:
    written = path.read_text("utf-8")
    assert "_esm" not in written
    assert "anywidget" not in written
    assert len(written) < 20_000


def reopen(saving: Jupyter, browser: Browser, name: str) -> Notebook:
    """Open a notebook without the kernel that its widgets had."""
    notebook = saving.reopen(browser, name)
    # JupyterLab's widget manager takes a kernel's connection as the end of loading. If
    # that is faster than the notebook's saved state, it draws no widget; widgets drawn
    # after that find it.
    notebook.page.wait_for_function(
        """() => {
            const shown = window.jupyterapp.shell.currentWidget.content.widgets[1];
            if (shown.outputArea.node.querySelector(".nbstream-snapshot, .nbs-panel")) {
                return true;
            }
            const { outputs } = shown.model;
            if (shown.outputArea.node.textContent.includes("model not found")) {
                outputs.set(0, outputs.get(0).toJSON());
            }
            return false;
        }""",
        polling=200,
    )
    return notebook


def test_saved_while_live(
    open_notebook: Callable[..., Notebook],
    source: Source,
    saving: Jupyter,
    browser: Browser,
) -> None:
    """Reopened while the kernel still streams, it follows; without a kernel it shows
    the content so far, and nothing that waits."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "so **far**")
    expect(panel_text(notebook.panel(1))).to_have_text("so far")
    saved = notebook.save()
    models = saved.metadata.widgets[STATE].state.values()
    assert "so <strong>far</strong>" in str([m.state.get("value") for m in models])
    assert_no_code(notebook.path)

    notebook.reload()
    source.text("/s", " and further")
    expect(panel_text(notebook.panel(1))).to_have_text("so far and further")
    assert_no_code(notebook.path)

    notebook.save()
    notebook.shut_kernel_down()
    again = reopen(saving, browser, notebook.path.name)
    expect(again.output(1)).to_contain_text("so far and further")
    expect(again.output(1)).to_contain_text("Saved while the stream was running")
    expect(again.panel(1)).to_have_count(0)
    expect(again.page.get_by_role("button", name="Cancel the stream")).to_have_count(0)
    again.shut_kernel_down()
    again.close()


def test_saved_after_the_end(
    open_notebook: Callable[..., Notebook],
    source: Source,
    saving: Jupyter,
    browser: Browser,
) -> None:
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "all of it")
    source.end("/s")
    expect(notebook.wait_frozen(1)).to_have_text("all of it")
    saved = notebook.save()
    assert WIDGET not in str(saved.cells)
    assert_no_code(notebook.path)
    notebook.reload()
    expect(notebook.output(1)).to_have_text("all of it")
    notebook.shut_kernel_down()
    again = reopen(saving, browser, notebook.path.name)
    expect(again.output(1)).to_have_text("all of it")
    expect(again.panel(1)).to_have_count(0)
    again.shut_kernel_down()
    again.close()


def test_a_panel_that_was_saved_whole(
    open_notebook: Callable[..., Notebook],
    source: Source,
    saving: Jupyter,
    browser: Browser,
) -> None:
    """Other hosts, and earlier versions, saved all of a widget's state. Without its
    kernel such a panel shows that, and has no control that needs one."""
    notebook = open_notebook(
        f"%stream {source.url}/s",
        "import json, ipywidgets\n"
        "state = json.dumps(ipywidgets.Widget.get_manager_state())",
    )
    notebook.run(1)
    source.text("/s", "text")
    expect(panel_text(notebook.panel(1))).to_have_text("text")
    notebook.run(2)
    saved = notebook.save()
    notebook.evaluate(
        f"open({str(notebook.path.parent / 'state')!r}, 'w').write(state)"
    )
    notebook.shut_kernel_down()
    notebook.page.goto("about:blank")
    state = json.loads((notebook.path.parent / "state").read_text("utf-8"))
    assert "_esm" in str(state)
    saved.metadata.widgets[STATE] = state
    NotebookNotary(data_dir=str(saving.folder / "data")).sign(saved)
    nbformat.write(saved, notebook.path)
    again = reopen(saving, browser, notebook.path.name)
    expect(again.panel(1)).to_contain_text("The kernel of this stream is gone")
    expect(again.panel(1).get_by_role("button")).to_have_count(0)
    again.shut_kernel_down()
    again.close()
