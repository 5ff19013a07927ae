"""Output is bounded to a few screens in height, however long the stream: live, frozen,
in an untrusted notebook, and without any style."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook

Open = Callable[..., Notebook]

MANY = 10_000
# Pixels, for each kind alone. A laptop's screen has about 800.
STYLED = 2_000
# As many lines as a kind keeps, one line high each.
BARE = {"log": 50_000, "rows": 16_000, "charts": 12_000}
BARE_OTHERS = 9_000

KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "metrics": lambda n: {"type": "metric", "name": f"name {n}", "step": 1, "value": n},
    "charts": lambda n: {
        "type": "metric",
        "name": f"measure {n % 400}",
        "step": n,
        "value": n,
    },
    "progress": lambda n: {"type": "progress", "name": f"bar {n}", "current": n},
    "log": lambda n: {"type": "log", "level": "info", "message": f"line {n}"},
    "rows": lambda n: {"type": "item", "data": {"n": n, "text": "word " * 5}},
    "raw": lambda n: (
        {"type": f"odd {n}", "x": {"n": n}} if n else {"type": "content", "data": "x"}
    ),
    "tool_calls": lambda n: {
        "type": "tool_call",
        "index": n,
        "name": f"tool {n}",
        "arguments": "{}",
    },
    "reasoning": lambda n: {"type": "reasoning", "data": f"thought {n}\n"},
}

FROM_THE_KERNEL = """
import nbstream
from nbstream.updates import Citation, Note
s = nbstream.stream("{url}")
for n in range({many}):
    s.transcript.apply({update})
s
"""
KERNELS = {
    "citations": 'Citation(url=f"https://example.org/{n}", title=f"title {n}")',
    "notices": 'Note(f"notice {n}")',
}


KINDS_OF_ALL = [*KINDS, *KERNELS]


def cell_of(kind: str, source: Source) -> str:
    if kind in KINDS:
        return f"%stream {source.url}/{kind}"
    return FROM_THE_KERNEL.format(
        url=f"{source.url}/{kind}", many=MANY, update=KERNELS[kind]
    )


def height(place: Locator) -> float:
    """Return the height with folded lists open, but not folded parts of one list."""
    place.evaluate(
        """(place) => {
            const lists = ":scope > details, .nbs-block > details, .nbs-raw";
            for (const list of place.querySelectorAll(lists)) list.open = true;
        }"""
    )
    box = place.bounding_box()
    assert box is not None
    return box["height"]


def heights(page: Page) -> dict[str, float]:
    """Return the height of each kind, in a page that shows all of them."""
    boxes = page.locator(".nbstream-snapshot").evaluate_all(
        "places => places.map(place => place.getBoundingClientRect().height)"
    )
    return dict(zip(KINDS_OF_ALL, boxes, strict=True))


def assert_bounded(found: dict[str, float], where: str) -> None:
    print(where, {kind: round(pixels) for kind, pixels in found.items()})
    assert {kind: high for kind, high in found.items() if high > STYLED} == {}, where


def test_every_kind_of_content_is_bounded(
    open_notebook: Open, source: Source, lab: Jupyter, browser: Browser
) -> None:
    notebook = open_notebook(*(cell_of(kind, source) for kind in KINDS_OF_ALL))
    live, frozen = {}, {}
    for index, kind in enumerate(KINDS_OF_ALL, 1):
        events = [make(n) for n in range(MANY)] if (make := KINDS.get(kind)) else []
        source.send(f"/{kind}", *events, {"type": "metric", "name": "last", "value": 1})
        notebook.run(index)
        counted = "1 event" if not events else f"{len(events) + 1:,} events"
        figures = notebook.panel(index).locator(".nbs-figures")
        expect(figures).to_contain_text(counted, timeout=60_000)
        live[kind] = height(notebook.panel(index))
        source.end(f"/{kind}")
        frozen[kind] = height(notebook.wait_frozen(index))
    assert_bounded(live, "live")
    assert_bounded(frozen, "frozen")

    saved = notebook.save()
    html, _ = HTMLExporter().from_notebook_node(saved)
    exported = lab.root / "exported.html"
    exported.write_text(html, "utf-8")
    forms = [cell.outputs[0].data["text/html"] for cell in saved.cells[1:]]
    for cell in saved.cells[1:]:
        cell.source += "\n# a file that was never run here"
        cell.outputs[0].data["text/html"] += "<p>untrusted</p>"
    nbformat.write(saved, lab.root / "untrusted.ipynb")
    again = lab.reopen(browser, "untrusted.ipynb")
    untrusted = {}
    for index, kind in enumerate(KINDS_OF_ALL, 1):
        again.scroll_to(index)
        expect(again.output(index)).to_contain_text("untrusted")
        untrusted[kind] = height(again.cell(index).locator(".nbstream-snapshot"))
    assert_bounded(untrusted, "untrusted")

    page = again.page
    page.goto(exported.as_uri())
    assert_bounded(heights(page), "exported")
    # As on GitHub and other hosts that strip all styles.
    page.set_content(re.sub(r' style="[^"]*"', "", "\n".join(forms)))
    bare = heights(page)
    print("bare", {kind: round(pixels) for kind, pixels in bare.items()})
    too_high = {k: h for k, h in bare.items() if h > BARE.get(k, BARE_OTHERS)}
    assert too_high == {}
    again.close()


def test_a_long_line_can_be_read_to_its_end(
    open_notebook: Open, source: Source, lab: Jupyter, browser: Browser
) -> None:
    """In text, formulas, code, a table and a message, also where a sanitiser strips our
    styles: the line wraps, or its box can be scrolled."""
    long = "x" * 3_000
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    math = "+".join(["abc"] * 60)
    source.text(
        "/s", f"$$\n{math}\n$$\n\nIn ${math}$.\n\n- In ${math}$.\n\n  $${math}$$\n\n"
    )
    source.text("/s", f"{long}END\n\n```\n{long}END\n```\n\n|a|\n|-|\n|{long}END|\n")
    expect(notebook.panel(1).locator("mjx-math")).to_have_count(4)
    assert unreachable(notebook, ".nbs-text") == []
    source.send("/s", {"type": "log", "message": f"{long}END"})
    source.send("/s", {"type": "item", "data": {"long": f"{long[:900]}END"}})
    source.send("/s", {"type": "error", "message": f"{long}END"})
    expect(notebook.wait_frozen(1).locator("mjx-math")).to_have_count(4)
    assert unreachable(notebook) == []
    saved = notebook.save()
    html = saved.cells[1].outputs[0].data["text/html"]
    saved.cells[1].source += "\n# a file that was never run here"
    saved.cells[1].outputs[0].data["text/html"] += "<p>untrusted</p>"
    nbformat.write(saved, lab.root / "untrusted-long.ipynb")
    again = lab.reopen(browser, "untrusted-long.ipynb")
    expect(again.output(1)).to_contain_text("untrusted")
    assert unreachable(again) == []
    exported, _ = HTMLExporter().from_notebook_node(saved)
    (lab.root / "long.html").write_text(exported, "utf-8")
    again.page.goto((lab.root / "long.html").as_uri())
    assert unreachable(again) == []
    again.page.set_content(re.sub(r' style="[^"]*"', "", html))
    assert unreachable(again) == []
    again.close()


def unreachable(notebook: Notebook, where: str = ".nbstream-snapshot") -> list[str]:
    """Return the ends of lines and formulas that cannot be scrolled into view."""
    found: list[str] = notebook.page.evaluate(
        """(where) => {
            const lost = [];
            const place = document.querySelector(where);
            const look = (right, from) => {
                for (let el = from; el !== null; el = el.parentElement) {
                    const box = el.getBoundingClientRect();
                    const { overflowX } = getComputedStyle(el);
                    if (right <= box.right + 1 || overflowX === "visible") continue;
                    const hides = /hidden|clip/.test(overflowX);
                    if (hides) lost.push(el.outerHTML.slice(0, 80));
                    right = box.right;
                }
            };
            for (const math of place.querySelectorAll("mjx-math")) {
                look(math.getBoundingClientRect().right, math.parentElement);
            }
            const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
            while (texts.nextNode() !== null) {
                const text = texts.currentNode;
                if (!text.data.includes("END")) continue;
                const range = document.createRange();
                range.setStart(text, text.data.indexOf("END"));
                range.setEnd(text, text.data.indexOf("END") + 3);
                look(range.getBoundingClientRect().right, text.parentElement);
            }
            return lost;
        }""",
        where,
    )
    return found
