"""A page that missed frames receives a full snapshot and keeps its reader's place."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute, expect

from ..channel_server import Source
from .all_block_kinds import EVERYTHING
from .jupyter import Notebook

Open = Callable[..., Notebook]

FRAME = re.compile(rb'"type": ?"frame"')


class Connection:
    """The page's connection to the kernel, on which frames can be dropped."""

    def __init__(self, notebook: Notebook) -> None:
        self.losing = False
        self.lost = 0
        # Only for a page that is opened after this.
        notebook.page.route_web_socket(re.compile("/channels"), self._route)
        notebook.save()
        notebook.reload()

    def _route(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def receive(message: str | bytes) -> None:
            data = message.encode() if isinstance(message, str) else message
            if self.losing and FRAME.search(data):
                self.lost += 1
            else:
                socket.send(message)

        server.on_message(receive)


def test_the_readers_state_survives_a_gap(open_notebook: Open, source: Source) -> None:
    """The focus, typed and selected text, the sorting, the scroll offsets, and what is
    unfolded."""
    notebook = open_notebook(f"%stream {source.url}/all")
    notebook.run(1)
    line = Connection(notebook)
    panel = notebook.panel(1)
    items = [{"city": f"city {n}", "people": 10 * n} for n in range(1, 201)]
    source.send("/all", *EVERYTHING, *({"type": "item", "data": one} for one in items))
    expect(panel).to_contain_text(f"{len(EVERYTHING) + 200} events")

    panel.get_by_text("Tool call").click()
    panel.get_by_text("1 other event").click()
    event = panel.locator(".nbs-raw-event > summary")
    event.click()
    people = panel.get_by_role("columnheader", name="people").get_by_role("button")
    people.click()
    rows = panel.get_by_label("Rows")
    rows.evaluate("rows => { rows.scrollTop = 1000; }")
    expect(rows.get_by_role("cell", name="city 40", exact=True)).to_be_visible()
    panel.get_by_label("Level").select_option("info")
    lines = panel.get_by_label("Log lines")
    lines.hover()
    notebook.page.mouse.wheel(0, -100)
    expect(lines.get_by_text("line 9 ")).to_be_visible()
    search = panel.get_by_label("Search")
    search.press_sequentially("colour")

    def place() -> dict[str, object]:
        return {
            "unfolded": panel.locator("details[open]").count(),
            "sorted": panel.locator("[aria-sort]").get_attribute("aria-sort"),
            "rows": rows.evaluate("rows => rows.scrollTop"),
            "lines": lines.evaluate("lines => lines.scrollTop"),
            "searched": search.input_value(),
            "level": panel.get_by_label("Level").input_value(),
        }

    before = place()
    for count, focused in enumerate((search, people, event), 1):
        focused.focus()
        line.losing = True
        source.send("/all", {"type": "item", "data": {"people": 10_000_000}})
        while line.lost < count:
            notebook.page.evaluate("() => 0")  # one turn of the connection
        line.losing = False
        # With the next frame the page notices the gap and requests a snapshot.
        source.send("/all", {"type": "log", "level": "error", "message": "one more"})
        expect(panel.get_by_text(f"↓ {count} new line")).to_be_visible()
        table = panel.locator(".nbs-rows-table")
        expect(table).to_have_attribute("aria-rowcount", str(204 + count))
        expect(focused).to_be_focused()
        assert place() == before
