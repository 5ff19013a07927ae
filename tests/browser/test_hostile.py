"""Hostile input: no script runs, no request is sent, and nothing is drawn or changed
outside the output, in every view and in everything that is saved of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbconvert.exporters import HTMLExporter
from playwright.sync_api import Browser, Page, expect
from traitlets.config import Config

from ..channel_server import Source
from ..injection_payloads import HOST, STRINGS
from .jupyter import Notebook

Open = Callable[..., Notebook]

GUARD = Path(__file__).with_name("guard.js").read_text("utf-8")
# Few enough at a time for every view to show all of them.
AT_ONCE = 20
PARTS = [STRINGS[i : i + AT_ONCE] for i in range(0, len(STRINGS), AT_ONCE)]

# Updates that the standard protocol has no event for are injected in the kernel.
STREAM = """
import json, nbstream
from nbstream.updates import Citation, Stopped
from nbstream.text.invisible_characters import join_surrogates

strings = [join_surrogates(text) for text in json.loads({strings!r})]
s = nbstream.stream("{url}", label=" ".join(strings), name=strings[0])
for text in strings:
    s.transcript.apply(Citation(url=text, title=text, quote=text))
    s.transcript.apply(Citation(url="https://example.org/" + text, title="", quote=""))
    s.transcript.apply(Stopped(reason=text, message=text))
s
"""


def messages(number: int, text: str) -> Iterator[Any]:
    """Return events with a hostile string in every place that a server controls."""
    # Cut into pieces: what is half open for a moment must not run either.
    yield from (
        {"type": "content", "data": text[i : i + 7]} for i in range(0, len(text), 7)
    )
    yield {"type": "reasoning", "data": text[:9]}
    yield {"type": "reasoning", "data": text[9:]}
    call = {"type": "tool_call", "index": number}
    yield {**call, "id": text, "name": text, "arguments": f'{{"a": {json.dumps(text)}'}
    yield {**call, "arguments": f", {json.dumps(text)}: 1}}"}
    yield {"type": "tool_call", "index": 1000 + number, "arguments": text}
    bar = {"type": "progress", "name": text, "message": text}
    yield {**bar, "current": 3, "total": 10}
    yield {**bar, "name": f"outer/{text}"}
    yield {"type": "metric", "name": text, "step": 1, "value": 2}
    yield {"type": "metric", "name": text, "step": 2, "value": 1}
    yield {"type": "log", "level": text, "message": text}
    yield {"type": "log", "level": "error", "message": f"an error: {text}"}
    yield {"type": "item", "data": {text: text, "nested": {text: [text, {text: text}]}}}
    yield {"type": "item", "data": text}
    yield {"type": text, text: {text: text}}
    yield {"type": "usage", "input_tokens": text, "output_tokens": number}


def watch(page: Page) -> list[str]:
    """Report scripts that run in the page from now on. Return the requests it sends and
    the pages it opens."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("popup", lambda popup: asked.append(f"{HOST}: popup {popup.url}"))
    # No payload stops a view from drawing either.
    page.on(
        "pageerror",
        lambda error: asked.append(f"{HOST}: {error.message} {error.stack}"),
    )
    page.evaluate(GUARD)
    return asked


def assert_harmless(page: Page, asked: list[str]) -> None:
    found = page.evaluate("() => window.guard.changed()")
    assert found["ran"] == []
    assert found["wrong"] == []
    assert found["found"] == []
    assert found["seen"] > 0
    assert [url for url in asked if HOST in url.split("?")[0]] == []
    if page.url.startswith("http"):  # requests go to the Jupyter server only
        origin = page.evaluate("() => location.origin")
        ours = (origin, origin.replace("http", "ws", 1), "data:", "blob:")
        assert [url for url in asked if not url.startswith(ours)] == []


def unfold(page: Page, selector: str) -> None:
    page.evaluate(
        """async (selector) => {
            for (const el of document.querySelectorAll(selector)) {
                await window.guard.unfold(el);
            }
        }""",
        selector,
    )


@pytest.mark.timeout(600)  # it replays hundreds of strings
def test_every_view_live_and_frozen(
    open_notebook: Open, source: Source, browser: Browser, tmp_path: Path
) -> None:
    """All strings through all views, some at a time, then the table of these streams,
    whose names and sources are hostile too. Last, what was saved, as other notebook
    readers show it."""
    notebook = open_notebook(
        *(
            STREAM.format(strings=json.dumps(part), url=f"{source.url}/{number}")
            for number, part in enumerate(PARTS)
        ),
        f"%stream {source.url}/last",
        "%streams",
    )
    page = notebook.page
    asked = watch(page)
    for number, part in enumerate(PARTS):
        path, index = f"/{number}", number + 1
        notebook.run(index)
        sent = [m for i, text in enumerate(part) for m in messages(i, text)]
        source.send(path, *sent)
        panel = notebook.panel(index)
        figures = panel.locator(".nbs-figures")
        expect(figures).to_contain_text(f"{len(sent):,} events", timeout=60_000)
        unfold(page, ".nbs-panel")
        assert_harmless(page, asked)
        source.send(path, {"type": "error", "message": "\n".join(part)})
        expect(notebook.wait_frozen(index)).to_contain_text("Failed")
        unfold(page, ".nbstream-snapshot")
        assert_harmless(page, asked)

    last = len(PARTS) + 1
    notebook.run(last)
    source.text("/last", "x")
    expect(notebook.panel(last)).to_contain_text("1 event")
    notebook.run(last + 1)
    table = notebook.panel(last + 1)
    expect(table.get_by_role("row")).to_have_count(len(PARTS) + 2)
    assert_harmless(page, asked)
    source.end("/last")
    notebook.wait_frozen(last)
    expect(notebook.output(last + 1).locator(".nbstream-streams")).to_be_visible()
    assert_harmless(page, asked)

    saved = notebook.save()
    show_markdown(page, saved)
    assert_harmless(page, asked)
    for kind in ("text/html", "text/markdown"):
        bare = open_bare(browser, saved, kind, tmp_path / "bare.html")
        asked = watch(bare)
        bare.reload()
        bare.evaluate(
            """() => {
                for (const el of document.querySelectorAll(".jp-RenderedMarkdown")) {
                    el.classList.add("rendered-elsewhere");
                }
            }"""
        )
        bare.evaluate(GUARD)
        unfold(bare, "body")
        assert_harmless(bare, asked)
        bare.close()


def show_markdown(page: Page, saved: Any) -> None:
    """Render the frozen markdown in JupyterLab, with all the trust it can give."""
    forms = [
        output.data["text/markdown"]
        for cell in saved.cells
        for output in cell.outputs
        if "data" in output
    ]
    assert len(forms) > len(PARTS)
    page.evaluate(
        """async (forms) => {
            const { rendermime } = window.jupyterapp.shell.currentWidget.content;
            for (const markdown of forms) {
                const renderer = rendermime.createRenderer("text/markdown");
                const data = { "text/markdown": markdown };
                const model = rendermime.createModel({ data, trusted: true });
                await renderer.renderModel(model);
                renderer.node.classList.add("rendered-elsewhere");
                renderer.node.style.cssText = "position: relative; overflow: auto";
                document.querySelector(".jp-WindowedPanel-viewport").append(renderer.node);
            }
        }""",
        forms,
    )


def open_bare(browser: Browser, saved: Any, kind: str, path: Path) -> Page:
    """Open the notebook as a bare page, without a sanitiser."""
    first = Config({"NbConvertBase": {"display_data_priority": [kind]}})
    html, _ = HTMLExporter(config=first).from_notebook_node(saved)
    path.write_text(html, "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri(), wait_until="commit")
    return page
