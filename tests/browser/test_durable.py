"""What remains in the notebook is ordinary output, whatever happened to the page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook, panel_text
from .saved_outputs import assert_ordinary, outputs

Open = Callable[..., Notebook]


def test_the_end_is_ordinary_output(
    open_notebook: Open, source: Source, lab: Jupyter, browser: Browser
) -> None:
    """Saved, kernel shut down, reopened: the text is there, and no "model not
    found"."""
    notebook = open_notebook(f"%stream {source.url}/s", f"%stream {source.url}/fails")
    notebook.run(1)
    notebook.run(2)
    source.text("/s", "kept ", "for ever")
    source.end("/s")
    source.text("/fails", "before it broke")
    source.send("/fails", {"type": "error", "message": "out of <memory>"})
    expect(notebook.wait_frozen(1)).to_have_text("kept for ever")
    failed = notebook.wait_frozen(2)
    expect(failed).to_contain_text("before it broke")
    expect(failed).to_contain_text("out of <memory>")
    source.wait_left("/fails")
    saved = notebook.save()
    assert_ordinary(saved, 1, "kept for ever")
    assert outputs(saved, 1)[0].metadata.nbstream.state == "finished"
    assert outputs(saved, 2)[0].metadata.nbstream.state == "failed"
    notebook.shut_kernel_down()
    again = lab.reopen(browser, notebook.path.name)
    expect(again.output(1)).to_have_text("kept for ever")
    expect(again.page.get_by_text("model not found")).to_have_count(0)
    again.shut_kernel_down()
    again.close()


def test_reload_in_mid_stream(open_notebook: Open, source: Source) -> None:
    """The panel is restored, fetches what it missed, continues and freezes, also in the
    reloaded page, where Jupyter drops display updates."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "before ")
    expect(panel_text(notebook.panel(1))).to_have_text("before")
    notebook.save()
    notebook.page.goto("about:blank")
    source.text("/s", "meanwhile ")
    notebook.page.go_back()
    notebook.wait_for_kernel()
    expect(panel_text(notebook.panel(1))).to_have_text("before meanwhile")
    source.text("/s", "after")
    expect(panel_text(notebook.panel(1))).to_have_text("before meanwhile after")
    source.end("/s")
    expect(notebook.wait_frozen(1)).to_have_text("before meanwhile after")
    assert_ordinary(notebook.save(), 1, "before meanwhile after")


def test_the_frozen_output_is_sent_once(open_notebook: Open, source: Source) -> None:
    """A page that received the frozen output by display update does not request it
    again."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "all of it")
    expect(panel_text(notebook.panel(1))).to_have_text("all of it")
    notebook.page.evaluate(
        """() => {
            window.asked = false;
            window.bundles = 0;
            const panel = window.jupyterapp.shell.currentWidget;
            const kernel = panel.sessionContext.session.kernel;
            kernel.anyMessage.connect((_, { msg, direction }) => {
                if (direction !== 'recv') return;
                const text = JSON.stringify(msg.content);
                if (text.includes('text/html')) window.bundles++;
                // A page looks a moment later whether it has to ask.
                if (text.includes('"frozen"'))
                    setTimeout(() => { window.asked = true; }, 300);
            });
        }"""
    )
    source.end("/s")
    notebook.wait_frozen(1)
    notebook.page.wait_for_function("() => window.asked")
    notebook.evaluate("1")  # by then a reply would have arrived
    assert notebook.page.evaluate("() => window.bundles") == 1


def test_an_end_while_no_page_was_open(open_notebook: Open, source: Source) -> None:
    """A page opened after the end finds the panel in the file, and replaces it with the
    ordinary output."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "all of ")
    expect(panel_text(notebook.panel(1))).to_have_text("all of")
    notebook.save()
    notebook.page.goto("about:blank")
    source.text("/s", "it")
    source.end("/s")
    source.wait_left("/s")
    notebook.page.go_back()
    notebook.wait_for_kernel()
    expect(notebook.wait_frozen(1)).to_have_text("all of it")
    assert_ordinary(notebook.save(), 1, "all of it")


def test_two_views_show_the_same(open_notebook: Open, source: Source) -> None:
    """`%streams show` gives a running stream another view, and both freeze."""
    notebook = open_notebook(f"%stream -n s {source.url}/s", "%streams show s")
    notebook.run(1)
    source.text("/s", "early ")
    expect(panel_text(notebook.panel(1))).to_have_text("early")
    notebook.run(2)
    expect(panel_text(notebook.panel(2))).to_have_text("early")
    source.text("/s", "late")
    for index in (1, 2):
        expect(panel_text(notebook.panel(index))).to_have_text("early late")
    source.end("/s")
    for index in (1, 2):
        expect(notebook.wait_frozen(index)).to_have_text("early late")
    saved = notebook.save()
    for index in (1, 2):
        assert_ordinary(saved, index, "early late")


def test_waiting_for_streams(open_notebook: Open, source: Source) -> None:
    """`%streams wait` blocks the cell until the stream ends."""
    notebook = open_notebook(
        f"%stream -n s {source.url}/s", "%streams wait s\nprint(s.state)"
    )
    notebook.run(1)
    source.text("/s", "text")
    notebook.start(2)
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    source.end("/s")
    expect(notebook.output(2)).to_have_text("finished")


def test_a_handle_shows_its_panel(open_notebook: Open, source: Source) -> None:
    """From Python: the last expression of a cell shows the live panel."""
    notebook = open_notebook(
        f"import nbstream\ns = nbstream.stream('{source.url}/s')\ns", "await s"
    )
    notebook.run(1)
    source.text("/s", "by hand")
    expect(panel_text(notebook.panel(1))).to_have_text("by hand")
    source.end("/s")
    notebook.run(2)
    expect(notebook.wait_frozen(1)).to_have_text("by hand")
    assert notebook.evaluate("s.text") == "'by hand'"
