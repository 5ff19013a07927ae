"""Streamed text in the panel: markdown as it arrives, safe, and the same when
frozen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]

CODE = "def f(x):\n    return x + 1\n"
ANSWER = (
    "# An answer\n\nWith **bold**, [a link](https://example.org/) and $x_1^2$.\n\n"
    f"```python\n{CODE}```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n- one\n- two\n\nEnd"
)


def test_markdown_is_rendered_as_it_arrives(
    open_notebook: Open, source: Source
) -> None:
    """Cut anywhere; frozen it has the same elements, and the same words."""
    notebook = open_notebook(f"%stream {source.url}/answer")
    notebook.run(1)
    source.text("/answer", *(ANSWER[i : i + 3] for i in range(0, len(ANSWER), 3)))
    panel = notebook.panel(1)
    for place in (panel, notebook.cell(1).locator(".nbstream-snapshot")):
        expect(place.get_by_role("heading", name="An answer")).to_be_visible()
        expect(place.locator("strong")).to_have_text("bold")
        link = place.get_by_role("link", name="a link")
        expect(link).to_have_attribute("href", "https://example.org/")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", re.compile("noopener"))
        expect(place.get_by_role("columnheader", name="b")).to_be_visible()
        expect(place.get_by_role("listitem")).to_have_text(["one", "two"])
        expect(place.locator("pre")).to_have_text(CODE)
        expect(place.locator("code span").first).to_have_text("def")
        # JupyterLab typesets math, in the panel as in the frozen output.
        expect(place.locator("mjx-container")).to_have_count(1)
        if place is panel:
            source.end("/answer")
            notebook.wait_frozen(1)


def test_half_open_markdown_does_not_flicker(
    open_notebook: Open, source: Source
) -> None:
    """No marks that disappear a moment later, no text that turns into a heading."""
    notebook = open_notebook(f"%stream {source.url}/calm")
    notebook.run(1)
    text = panel_text(notebook.panel(1))
    source.text("/calm", "so **bo")
    expect(text.locator("strong")).to_have_text("bo")
    expect(text).to_have_text("so bo")
    source.text("/calm", "ld** and [a li", "nk](https://exa")
    expect(text).to_have_text("so bold and a link")
    source.text("/calm", "mple.org)\n-")
    expect(text.get_by_role("link")).to_have_text("a link")
    expect(text.get_by_role("heading")).to_have_count(0)
    source.text("/calm", "-- \n\n```js\nlet x;\n``")
    expect(text.get_by_role("heading")).to_have_count(1)
    expect(text.locator("pre")).to_have_text("let x;\n")
    source.text("/calm", "`\n\nafter")
    expect(text.locator("pre")).to_have_text("let x;\n")
    expect(text.locator("p")).to_have_text("after")


def test_finished_blocks_stay_what_is_selected(
    open_notebook: Open, source: Source
) -> None:
    """The elements of a finished block are never replaced."""
    notebook = open_notebook(f"%stream {source.url}/long")
    notebook.run(1)
    source.text("/long", "first *paragraph*\n\n- a list\n\nnext")
    text = panel_text(notebook.panel(1))
    expect(text.locator("p").last).to_have_text("next")
    text.locator("p").first.evaluate("(p) => getSelection().selectAllChildren(p)")
    for i in range(20):
        source.text("/long", f" word {i}\n\n")
    expect(text).to_contain_text("word 19")
    selected = notebook.page.evaluate("() => getSelection().toString()")
    assert selected.strip() == "first paragraph"


def test_code_is_copied_by_keys(open_notebook: Open, source: Source) -> None:
    """All of it, also if it is so long that the panel draws it in parts."""
    notebook = open_notebook(f"%stream {source.url}/code")
    notebook.run(1)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = CODE * 400
    text = f"```python\n{code}```\n\nafter"
    source.text("/code", *(text[i : i + 33] for i in range(0, len(text), 33)))
    panel = notebook.panel(1)
    expect(panel_text(panel).locator("p")).to_have_text("after")
    button = panel.get_by_role("button", name="Copy code")
    button.focus()
    expect(button).to_have_css("opacity", "1")
    notebook.page.keyboard.press("Enter")
    expect(button).to_have_text("Copied")
    assert notebook.page.evaluate("() => navigator.clipboard.readText()") == code


def test_notes_and_tags_read_the_same_live_and_frozen(
    open_notebook: Open, source: Source
) -> None:
    """A reference is raised when its note arrives, however long after it was drawn."""
    notebook = open_notebook(f"%stream {source.url}/notes")
    notebook.run(1)
    text = panel_text(notebook.panel(1))
    source.text(
        "/notes", "A claim[^a].\n\nH<sub>2</sub>O<br>含**「重点」**内容 ~5 and ~6\n\n"
    )
    expect(text.locator("p").first).to_have_text("A claim[^a].")
    source.text("/notes", "[^a]: the note\n\nend")
    for place in (text, notebook.cell(1).locator(".nbstream-text")):
        expect(place.locator("p").last).to_have_text("end")
        expect(place.locator("sup")).to_have_text(["a", "a"])
        expect(place.locator("sub")).to_have_text("2")
        expect(place.locator("br")).to_have_count(1)
        expect(place.locator("strong")).to_have_text("「重点」")
        expect(place.locator("s, del")).to_have_count(0)
        if place is text:
            source.end("/notes")
            notebook.wait_frozen(1)


def test_lists_within_lists_are_as_high_frozen_as_live(
    open_notebook: Open, source: Source
) -> None:
    """A list within a list adds no gap below itself, in either."""
    notebook = open_notebook(f"%stream {source.url}/lists")
    notebook.run(1)
    source.text("/lists", "1. a\n   - b\n     - c\n   - d\n\n   e\n2. f\n\nend")
    heights = []
    for place in (panel_text(notebook.panel(1)), notebook.cell(1)):
        place = place.locator(".nbs-part, .nbstream-text")
        expect(place.locator("p").last).to_have_text("end")
        box = place.locator("ol").bounding_box()
        assert box is not None
        heights.append(box["height"])
        if len(heights) == 1:
            source.end("/lists")
            notebook.wait_frozen(1)
    assert heights[0] == pytest.approx(heights[1], abs=1)


def test_words_of_code_and_of_tables_stay_whole(
    open_notebook: Open, source: Source
) -> None:
    """A table or code that is wider than the page scrolls."""
    word = "converges" * 4
    notebook = open_notebook(f"%stream {source.url}/wide")
    notebook.run(1)
    heads = " | ".join(f"head{word}" for _ in range(6))
    code = f"x = {word * 6}"
    table = f"| {heads} |\n|{'---|' * 6}\n| a | b | c | d | e | f |"
    source.text("/wide", f"```python\n{code}\n```\n\n{table}\n\nend")
    for place in (panel_text(notebook.panel(1)), notebook.cell(1)):
        place = place.locator(".nbs-part, .nbstream-text")
        expect(place.locator("p").last).to_have_text("end")
        for words in (place.locator("th").first, place.locator("pre code")):
            assert lines_of_last_word(words) == 1
        if place.locator(".nbs-code").count():
            source.end("/wide")
            notebook.wait_frozen(1)


def lines_of_last_word(words: Locator) -> int:
    return int(
        words.evaluate(
            """(el) => {
                const texts = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
                let last = null;
                while (texts.nextNode()) {
                    if (texts.currentNode.data.trim() !== "") last = texts.currentNode;
                }
                const range = document.createRange();
                const from = last.data.trimEnd().search(/\\S+$/);
                range.setStart(last, from);
                range.setEnd(last, last.data.trimEnd().length);
                return new Set([...range.getClientRects()].map((r) => r.top)).size;
            }"""
        )
    )
