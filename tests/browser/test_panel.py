"""The live panel: content is shown as it arrives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import expect

from nbstream.sse import ServerSentEvent
from nbstream.testing import Connection, SSEServer

from ..channel_server import Source
from .jupyter import Notebook, panel_text

Open = Callable[..., Notebook]


def test_text_arrives_token_by_token(open_notebook: Open, source: Source) -> None:
    """Each token is in the page before the next is sent, and the cell has long
    ended."""
    notebook = open_notebook(f"%stream {source.url}/answer", "1 + 1")
    notebook.run(1)
    text = ""
    for token in ("Live ", "streams ", "in ", "note", "books."):
        source.text("/answer", token)
        text += token
        expect(panel_text(notebook.panel(1))).to_have_text(text.strip())
    expect(notebook.panel(1).get_by_role("status")).to_have_text("Live")
    notebook.run(2)
    expect(notebook.output(2)).to_have_text("2")


def test_every_kind_of_content_is_shown(open_notebook: Open, source: Source) -> None:
    """Progress, metrics, log lines, rows and unknown events each have a view, with an
    accessible name."""
    notebook = open_notebook(f"%stream {source.url}/job")
    notebook.run(1)
    source.send(
        "/job",
        {"type": "connected"},
        {"type": "log", "level": "warning", "message": "low on <disk>"},
        {"type": "progress", "name": "epoch 1", "current": 3, "total": 10},
        {"type": "metric", "name": "loss", "step": 12, "value": 0.31},
        {"type": "item", "data": {"city": "Oslo", "people": 709037}},
        {"type": "surprise", "what": 1},
    )
    panel = notebook.panel(1)
    expect(panel.get_by_label("Log lines")).to_contain_text("low on <disk>")
    expect(panel.get_by_role("progressbar", name="epoch 1")).to_have_attribute(
        "value", "30"
    )
    expect(panel.locator(".nbs-bar-words")).to_contain_text("30 % · 3 of 10")
    expect(panel.get_by_role("row", name="loss 0.31 12")).to_be_visible()
    expect(panel.get_by_role("columnheader", name="people")).to_be_visible()
    expect(panel.get_by_role("row", name="Oslo 709037")).to_be_visible()
    drawer = panel.get_by_text("1 other event")
    drawer.click()
    expect(panel.get_by_text('"surprise"')).to_be_visible()
    expect(panel.get_by_text("6 events")).to_be_visible()
    # A second progress of one name moves its bar, and shows the time left.
    source.send(
        "/job", {"type": "progress", "name": "epoch 1", "current": 5, "total": 10}
    )
    expect(panel.locator(".nbs-bar-words")).to_contain_text("ETA")
    expect(panel.get_by_role("progressbar")).to_have_count(1)


def test_a_drop_is_shown_and_survived(open_notebook: Open) -> None:
    """While the server is away the panel shows that it retries; then it resumes, with
    nothing lost or twice."""

    def event(number: int) -> ServerSentEvent:
        message = {"type": "content", "data": f"{number} "}
        return ServerSentEvent(data=json.dumps(message), id=str(number))

    async def script(connection: Connection) -> None:
        first = int(connection.request.last_event_id or 0) + 1
        for number in range(first, first + 3):
            await connection.send(event(number))
        if first == 1:
            await connection.reset()
        await connection.stall()

    with SSEServer(script) as server:
        notebook = open_notebook(f"%stream {server.url}")
        server.refuse()
        notebook.run(1)
        status = notebook.panel(1).get_by_role("status")
        expect(status).to_have_text(
            re.compile("Connecting: the connection was refused")
        )
        server.accept()
        expect(panel_text(notebook.panel(1))).to_have_text("1 2 3 4 5 6")
        expect(status).to_have_text("Live")
        expect(notebook.panel(1)).to_contain_text("reconnected 1×")
        assert [request.last_event_id for request in server.requests] == ["", "3"]


def test_two_streams_share_the_bundle(open_notebook: Open, source: Source) -> None:
    """The second stream of a kernel transfers under 20 KB."""
    notebook = open_notebook(f"%stream {source.url}/a", f"%stream {source.url}/b")
    notebook.run(1)
    source.text("/a", "first")
    expect(panel_text(notebook.panel(1))).to_have_text("first")
    received: list[int] = []
    notebook.page.evaluate(
        """() => {
            window.received = 0;
            const panel = window.jupyterapp.shell.currentWidget;
            const kernel = panel.sessionContext.session.kernel;
            kernel.anyMessage.connect((_, { msg, direction }) => {
                const length = JSON.stringify(msg.content).length;
                if (direction === 'recv') window.received += length;
            });
        }"""
    )
    notebook.run(2)
    source.text("/b", "second")
    expect(panel_text(notebook.panel(2))).to_have_text("second")
    received.append(notebook.page.evaluate("() => window.received"))
    assert received[0] < 20_000


def test_a_frame_is_little_more_than_its_text(
    open_notebook: Open, source: Source
) -> None:
    """A token is a few bytes, so its frame must not be a kilobyte: it names no request,
    and of the status only the counts."""
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.text("/s", "first ")
    expect(panel_text(notebook.panel(1))).to_have_text("first")
    notebook.page.evaluate(
        """() => {
            window.frames_ = [];
            const panel = window.jupyterapp.shell.currentWidget;
            const kernel = panel.sessionContext.session.kernel;
            kernel.anyMessage.connect((_, { msg, direction }) => {
                if (direction === 'recv' && msg.content.data?.content?.type === 'frame')
                    window.frames_.push([msg.parent_header, msg.content]);
            });
        }"""
    )
    source.text("/s", "second")
    expect(panel_text(notebook.panel(1))).to_have_text("first second")
    ((parent, content),) = notebook.page.evaluate("() => window.frames_")
    assert parent == {}
    assert len(json.dumps(content)) < 300


def test_python_bodies_stream(open_notebook: Open) -> None:
    """A body that awaits runs in the kernel's loop; a plain one in a thread, so that
    the kernel stays free while it blocks."""
    notebook = open_notebook(
        "import asyncio, threading\ngo = asyncio.Event(); gate = threading.Event()",
        "%%stream\nyield 'waiting '\nawait go.wait()\nyield 'went'",
        "%%stream\nyield 'blocking '\ngate.wait()\nyield 'freed'",
        "go.set(); gate.set()",
    )
    for index in (1, 2, 3):
        notebook.run(index)
    expect(panel_text(notebook.panel(2))).to_have_text("waiting")
    expect(panel_text(notebook.panel(3))).to_have_text("blocking")
    notebook.run(4)
    expect(notebook.wait_frozen(2)).to_have_text("waiting went")
    expect(notebook.wait_frozen(3)).to_have_text("blocking freed")


def test_panel_keys_do_not_reach_the_notebook(
    open_notebook: Open, source: Source
) -> None:
    """`a` would insert a cell and `dd` delete one; in the panel they do nothing."""
    notebook = open_notebook(f"%stream {source.url}/keys")
    notebook.run(1)
    source.text("/keys", "type here")
    panel = notebook.panel(1)
    panel_text(panel).click()
    cells = notebook.page.locator(".jp-CodeCell")
    before = cells.count()
    for key in ("a", "b", "d", "d", "x"):
        notebook.page.keyboard.press(key)
    source.text("/keys", " …")  # a round trip
    expect(panel_text(panel)).to_have_text("type here …")
    assert cells.count() == before


def test_a_wait_for_the_next_try_is_counted_down(
    open_notebook: Callable[..., Notebook],
) -> None:
    """A server that sends Retry-After is named, with the time that is left."""
    with SSEServer(refuse_for_a_minute) as server:
        notebook = open_notebook(f"%stream {server.url}")
        notebook.run(1)
        panel = notebook.panel(1)
        state = panel.get_by_role("status")
        expect(state).to_have_text(
            "Connecting: the server's rate limit is reached (429)"
        )
        left = [re.compile(rf"trying again in {seconds} s") for seconds in (58, 57)]
        for seconds in left:
            expect(panel).to_contain_text(seconds)
        panel.get_by_role("button", name="Cancel").click()
        expect(notebook.wait_frozen(1)).to_contain_text("Cancelled")


async def refuse_for_a_minute(connection: Connection) -> None:
    await connection.head(429, {"Retry-After": "60"}, length=0)
