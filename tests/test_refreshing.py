"""Where no page draws its panel, a stream's output is refreshed while it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import nbstream
from nbstream.display import comparison
from nbstream.notebook.outputs.refreshing import Refresher
from nbstream.testing import LoopClock

from .headless_notebooks import execute, only_text
from .kernel import Kernel

pytestmark = pytest.mark.anyio

# A stream that sends a token whenever the test writes one.
TOKENS = """
import asyncio
tokens = asyncio.Queue()
async def body():
    while (token := await tokens.get()) is not None:
        yield token
"""
REFRESHED = "Refreshed while it runs"


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with Kernel() as started:
        await started.run(TOKENS)
        yield started


def texts(kernel: Kernel) -> list[str]:
    """Return the plain text of each update of an output."""
    return [update["data"]["text/plain"] for update in kernel.updates]


def sent_to_panel(kernel: Kernel, kind: str) -> list[dict[str, Any]]:
    """Return the messages of this type to panels."""
    contents = [message["content"]["data"] for message in kernel.comm_messages]
    sent = [content.get("content", {}) for content in contents]
    return [message for message in sent if message.get("type") == kind]


@pytest.mark.slow
async def test_display_updates_show_what_came_so_far(kernel: Kernel) -> None:
    (shown,) = await kernel.run("%stream body() -n s", "a")
    assert "A live panel is drawn here" in shown["data"]["text/plain"]
    await kernel.run("tokens.put_nowait('one ')", "b")
    await kernel.until(lambda: any("one" in text for text in texts(kernel)))
    await kernel.run("tokens.put_nowait('two')", "b")
    await kernel.until(lambda: any("one two" in text for text in texts(kernel)))
    update = kernel.updates[-1]
    assert REFRESHED in update["data"]["text/plain"]
    # No panel, so no button.
    assert "run %streams cancel s, or" in update["data"]["text/plain"]
    assert "one two" in update["data"]["text/html"]
    assert "one two" in update["data"]["text/markdown"]
    # A notebook that is trusted meanwhile draws the panel.
    assert "application/vnd.jupyter.widget-view+json" in update["data"]
    await kernel.run("tokens.put_nowait(None)\nawait s", "c")
    await kernel.until(lambda: texts(kernel)[-1] == "one two")
    assert "widget" not in json.dumps(kernel.updates[-1])


@pytest.mark.slow
async def test_a_page_that_draws_the_panel_is_left_alone(kernel: Kernel) -> None:
    """A refresh would draw the panel again."""
    await kernel.run("%stream body() -n s", "a")
    kernel.send_to_panel(kernel.panels[-1], "sync")
    kernel.send_to_panel(kernel.panels[-1], "drawn")
    # Another stream without a page, begun later, is refreshed; so would the first be.
    await kernel.run("%stream ['x', 'y'] -n other", "b")
    await kernel.run("await other\n%stream body() -n t", "c")
    await kernel.run("tokens.put_nowait('first')", "d")
    await kernel.until(lambda: any(REFRESHED in text for text in texts(kernel)))
    of = {u["transient"]["display_id"] for u in kernel.updates if REFRESHED in str(u)}
    assert len(of) == 1
    references = [
        u["data"].get("application/vnd.jupyter.widget-view+json")
        for u in kernel.updates
        if REFRESHED in str(u)
    ]
    assert {r["model_id"] for r in references} == {kernel.panels[-1]}


@pytest.mark.slow
async def test_a_page_that_draws_no_widget_takes_it_by_message(kernel: Kernel) -> None:
    """In an untrusted notebook it runs the panel's code, but draws no view. Some hosts
    of such pages drop display updates."""
    await kernel.run("%stream body() -n s", "a")
    kernel.send_to_panel(kernel.panels[-1], "sync", replaces=True)
    await kernel.run("tokens.put_nowait('one')", "b")
    await kernel.until(lambda: bool(sent_to_panel(kernel, "refresh")))
    message = sent_to_panel(kernel, "refresh")[-1]
    assert REFRESHED in message["data"]["text/plain"]
    assert message["metadata"]["nbstream"]["state"] == "live"
    assert not any(REFRESHED in text for text in texts(kernel))
    # The page has confirmed it, and takes the next one; then it is gone.
    kernel.send_to_panel(kernel.panels[-1], "refreshed")
    await kernel.run("tokens.put_nowait(' two')", "c")
    await kernel.until(lambda: len(sent_to_panel(kernel, "refresh")) == 2)
    await kernel.until(lambda: any("one two" in text for text in texts(kernel)))


@pytest.mark.slow
async def test_a_stream_beside_a_cell_that_computes_is_refreshed(
    kernel: Kernel,
) -> None:
    """In ipykernel 7 a page's messages arrive while a cell computes; none has come."""
    body = "def words():\n    yield 'a'\n    while waits:\n        time.sleep(0.01)\n"
    await kernel.run(f"import time\nwaits = True\n{body}")
    cell = "%stream words() --thread\nwhile waits:\n    time.sleep(0.01)"
    running = kernel.begin(cell, "a")
    await kernel.until(lambda: any(REFRESHED in text for text in texts(kernel)))
    await kernel.interrupt()
    await running


@pytest.mark.slow
async def test_the_table_is_refreshed_too(kernel: Kernel) -> None:
    await kernel.run("%stream body() -n s", "a")
    await kernel.run("%streams", "b")
    await kernel.until(lambda: any("body()" in t and "age" in t for t in texts(kernel)))


@pytest.mark.slow
async def test_a_refresh_is_small_whatever_has_come(kernel: Kernel) -> None:
    await kernel.run("%stream body() -n s", "a")
    await kernel.run("for n in range(2000): tokens.put_nowait(f'{n} ' + 'x ' * 500)")
    await kernel.until(lambda: any("1999 x" in text for text in texts(kernel)))
    refreshed = [u for u in kernel.updates if REFRESHED in str(u["data"])]
    assert all(len(json.dumps(update["data"])) < 100_000 for update in refreshed)


@pytest.mark.slow
def test_tools_refresh_only_when_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the one who watches the notebook that runs sees the stream."""
    body = "async def body():\n    yield 'all of it'\n    await asyncio.sleep(2)\n"
    watch = (
        "import asyncio\nfrom IPython.core import displaypub\nseen, texts = [], []\n"
        "publish = get_ipython().display_pub.publish\n"
        "def watch(*args, **kwargs):\n"
        "    seen.append(kwargs.get('update', False))\n"
        "    texts.append((args, kwargs))\n"
        "    return publish(*args, **kwargs)\n"
        "get_ipython().display_pub.publish = watch\n"
    )
    cells = (
        watch + body,
        "%stream body()",
        "print(len(seen), seen[:2], 'panel' in str(texts))",
    )

    def run() -> tuple[str, str]:
        _, cell, count = execute(*cells)
        return only_text(cell), "".join(o.text for o in count.outputs)

    assert run() == ("all of it", "1 [False] False\n")
    monkeypatch.setenv("NBSTREAM_HEADLESS_UPDATES", "1")
    text, seen = run()
    assert text == "all of it", "what is left is the same"
    assert "[False, True] False" in seen, "a tool draws no panel, so none is mentioned"


@pytest.mark.slow
def test_a_cell_waits_for_the_handle_that_it_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is refreshed after the cell would not be kept."""
    monkeypatch.setenv("NBSTREAM_HEADLESS_UPDATES", "1")
    body = "def words():\n    yield 'all '\n    time.sleep(0.5)\n    yield 'of it'\n"
    (cell,) = execute(f"import time\n{body}nbstream.stream(words())")
    assert only_text(cell) == "all of it"


async def test_streams_side_by_side_share_the_size_of_one_refresh() -> None:
    async def long(word: str) -> AsyncIterator[str]:
        for number in range(2000):
            yield f"{word}{number} " + "x " * 50
        await asyncio.Event().wait()

    streams = [nbstream.stream(long(word)) for word in ("left", "right")]
    for stream in streams:
        while stream.events_received < 2000:
            await asyncio.sleep(0)
    bundle = comparison.bundle_so_far(streams, "Refreshed.")
    assert sum(map(len, bundle.values())) < 70_000
    for form in bundle.values():
        assert "left1999" in form and "right1999" in form
        assert form.count("live. Refreshed.") == 2
    for stream in streams:
        stream.cancel()
        await stream.wait()


# -- the refresher --------------------------------------------------------------------


async def test_only_time_in_which_a_page_could_answer_counts() -> None:
    with LoopClock() as clock:
        loop = asyncio.get_running_loop()
        refreshed: list[float] = []
        hears = False

        def is_needed(waited: float) -> bool | None:
            return waited >= 2.0 if hears else None

        refresher = Refresher(loop, loop.time, refreshed.append, is_needed)
        await clock.advance(30)
        assert refreshed == []
        hears = True
        start = loop.time()
        while len(refreshed) < 3:
            await clock.advance(0.1)
        assert round(refreshed[0] - start) == 2
        refresher.stop()
        await clock.advance(10)
        assert len(refreshed) == 3


async def test_a_refresh_that_fails_is_logged_and_the_next_one_tried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LoopClock() as clock:
        tries = []

        def fail() -> None:
            tries.append(1)
            raise RuntimeError("cannot be written")

        loop = asyncio.get_running_loop()
        refresher = Refresher(loop, fail, lambda _made: None, lambda _waited: True)
        while len(tries) < 2:
            await clock.advance(0.1)
        refresher.stop()
    assert "could not be refreshed" in caplog.text
