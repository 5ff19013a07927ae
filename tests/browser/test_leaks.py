"""A page keeps nothing of panels that are gone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text
from .saved_outputs import assert_ordinary

Open = Callable[..., Notebook]

KERNEL = (
    "[...window.jupyterapp.shell.widgets('main')]"
    ".find((one) => one.sessionContext).sessionContext.session.kernel"
)


def watch_comms(notebook: Notebook) -> None:
    """Record every comm that the kernel opens from now on."""
    notebook.page.evaluate(
        f"""() => {{
            window.opened = [];
            {KERNEL}.iopubMessage.connect((_, message) => {{
                if (message.header.msg_type === 'comm_open')
                    window.opened.push(message.content.comm_id);
            }});
        }}"""
    )


def count_open_comms(notebook: Notebook) -> int:
    """Return how many of those the page still has."""
    return int(
        notebook.page.evaluate(
            f"() => window.opened.filter((id) => {KERNEL}.hasComm(id)).length"
        )
    )


def watch_panel(notebook: Notebook) -> None:
    """Record the panel that is shown, by weak reference."""
    notebook.page.evaluate(
        "() => (window.panels ??= []).push(new WeakRef("
        "document.querySelector('.nbs-panel')))"
    )


def count_panels_held(notebook: Notebook) -> int:
    """Return how many of those cannot be collected."""
    devtools = notebook.page.context.new_cdp_session(notebook.page)
    devtools.send("HeapProfiler.collectGarbage")
    devtools.detach()
    return int(
        notebook.page.evaluate(
            "() => window.panels.filter((one) => one.deref()).length"
        )
    )


def test_panels_that_are_gone_leave_no_model_and_no_element(
    open_notebook: Open, source: Source
) -> None:
    """A cell that runs repeatedly: each panel is replaced by the next one."""
    notebook = open_notebook(f"%stream {source.url}/s -n s")
    watch_comms(notebook)
    for number in range(12):
        notebook.run(1)
        source.text("/s", str(number))
        text = "".join(map(str, range(number + 1)))
        expect(panel_text(notebook.panel(1))).to_have_text(text)
        watch_panel(notebook)
    opened = notebook.page.evaluate("() => window.opened.length")
    assert opened <= 12 + 2, "one a panel, the runtime and the batch panel"
    # Two panels: the previous run's stream is known until the next run.
    notebook.page.wait_for_function(
        f"() => window.opened.filter((id) => {KERNEL}.hasComm(id)).length <= 4"
    )
    assert count_panels_held(notebook) <= 3


def test_unloading_leaves_ordinary_output_and_no_model(
    open_notebook: Open, source: Source
) -> None:
    """Also in a page that was reloaded since, which drops display updates; and a page
    that stays open can load the extension again."""
    notebook = open_notebook(
        f"%stream {source.url}/a",
        f"%stream {source.url}/b --thread",
        "%unload_ext nbstream",
        "%load_ext nbstream",
        f"%stream {source.url}/c",
    )
    notebook.run(1)
    notebook.run(2)
    for cell, path in ((1, "/a"), (2, "/b")):
        source.text(path, f"text of {path}")
        expect(panel_text(notebook.panel(cell))).to_have_text(f"text of {path}")
    notebook.save()
    notebook.reload()
    watch_comms(notebook)
    for cell in (1, 2):
        expect(panel_text(notebook.panel(cell))).to_contain_text("text of")
    notebook.run(3)
    for cell, path in ((1, "/a"), (2, "/b")):
        expect(notebook.wait_frozen(cell)).to_contain_text(f"text of {path}")
        source.wait_left(path)
    saved = notebook.save()
    assert_ordinary(saved, 1, "text of /a")
    assert_ordinary(saved, 2, "text of /b")
    assert notebook.evaluate("len(__import__('comm').get_comm_manager().comms)") == "0"
    notebook.run(4)
    notebook.run(5)
    source.text("/c", "and again")
    expect(panel_text(notebook.panel(5))).to_have_text("and again")
    assert count_open_comms(notebook) == 2
