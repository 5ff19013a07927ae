"""A page without subshells, as VS Code and Colab are: its messages reach the panels
while a cell waits, and every other request waits for its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zmq
from jupyter_client.session import Session

from nbstream.display.widget.shell_channel import read_shell_channel
from nbstream.testing import SSEServer, StartSSEServer, events

from . import old_kernel
from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.timeout(120)]

ipykernel = old_kernel.ipykernel
EVERY = pytest.mark.parametrize(
    "ipykernel", [None, *old_kernel.VERSIONS], indirect=True
)
BESIDE = pytest.mark.parametrize(
    "ipykernel",
    [None, "7.3.0"] if old_kernel.INSTALLED >= (7, 0) else ["7.3.0"],
    indirect=True,
)
ENDLESS = events("data: so far\n\n", stay=True)


@pytest.fixture
async def kernel(ipykernel: Path | None) -> AsyncIterator[Kernel]:
    async with Kernel(packages=ipykernel) as started:
        yield started


async def wait_in_a_cell(
    kernel: Kernel, server: SSEServer, cell: str = "%stream {url} --wait -n s"
) -> tuple[asyncio.Future[list[dict[str, Any]]], str]:
    """Run a cell that waits until its stream is connected; return the cell's outputs,
    to be awaited, and the key of the panel."""
    shown, connected = len(kernel.panels), len(server.connections)
    waiting = asyncio.ensure_future(kernel.begin(cell.format(url=server.url), "a"))
    await kernel.until(lambda: len(kernel.panels) > shown)
    server.wait_for(lambda: len(server.connections) > connected)
    return waiting, kernel.panels[-1]


def sent_to(kernel: Kernel, panel: str) -> list[str]:
    """Return the types of the messages to a panel."""
    contents = [message["content"] for message in kernel.comm_messages]
    return [
        content["data"]["content"]["type"]
        for content in contents
        if content["comm_id"] == panel and "content" in content["data"]
    ]


@EVERY
@pytest.mark.parametrize(
    "cell",
    [
        "%stream {url} --wait -n s\nprint('went on')",
        "%stream {url} -n s --thread\n%streams wait s\nprint('went on')",
        "import nbstream\ns = nbstream.stream('{url}')\ndisplay(s)\n"
        "await s.wait()\nprint('went on')",
    ],
)
async def test_cancel_while_a_cell_waits(
    kernel: Kernel, sse_server: StartSSEServer, cell: str
) -> None:
    server = sse_server(ENDLESS)
    waiting, panel = await wait_in_a_cell(kernel, server, cell)
    kernel.send_to_panel(panel, "cancel")
    outputs = await waiting
    assert outputs[-1]["text"] == "went on\n", "under its own cell"
    server.wait_for(lambda: server.connections[0].left)
    assert await kernel.printed("print(s.state)") == "cancelled\n"


@BESIDE
@pytest.mark.parametrize(
    "cell",
    [
        # A magic in a function cannot be awaited: it blocks the thread instead.
        "def f():\n    %stream {url} --wait -n s\nf()\nprint('went on')",
        "%stream {url} --thread -n s\n"
        "while not s.done:\n    sum(range(1000))\nprint('went on')",
    ],
)
async def test_cancel_while_a_cell_computes(
    kernel: Kernel, sse_server: StartSSEServer, cell: str
) -> None:
    """ipykernel 7 reads the channel in a thread beside the cells."""
    server = sse_server(ENDLESS)
    waiting, panel = await wait_in_a_cell(kernel, server, cell)
    kernel.send_to_panel(panel, "cancel")
    assert (await waiting)[-1]["text"] == "went on\n"
    server.wait_for(lambda: server.connections[0].left)


@EVERY
async def test_a_page_is_answered_and_the_kernel_stays_busy(
    kernel: Kernel, sse_server: StartSSEServer
) -> None:
    """So that frames are acknowledged, and the page forgets its message."""
    server = sse_server(ENDLESS)
    waiting, panel = await wait_in_a_cell(kernel, server)
    before = len(kernel.statuses)
    busy = kernel.statuses[-1]
    ping = kernel.send_to_panel(panel, "ping")
    await kernel.until(lambda: "pong" in sent_to(kernel, panel))
    await kernel.until(lambda: len(kernel.statuses) == before + 3)
    assert kernel.statuses[before:] == [(ping, "busy"), (ping, "idle"), busy]
    kernel.send_to_panel(panel, "cancel")
    await waiting
    assert kernel.statuses[-1][1] == "idle"


@EVERY
@pytest.mark.parametrize("end", ["cancel", "interrupt"])
async def test_other_requests_wait_for_their_turn(
    kernel: Kernel, ipykernel: Path | None, sse_server: StartSSEServer, end: str
) -> None:
    """And each is handled once."""
    server = sse_server(ENDLESS)
    other = await kernel.printed(
        "import ipywidgets\norder = []\nbutton = ipywidgets.Button()\n"
        "button.on_msg(lambda *_: order.append('message'))\n"
        "print(button.comm.comm_id)"
    )
    cell = "%stream {url} --wait -n s\norder.append('waited')"
    waiting, panel = await wait_in_a_cell(kernel, server, cell)
    first = kernel.begin("order.append('first')\nprint('under the first')")
    kernel.send(other.strip(), {})
    completions = asyncio.ensure_future(kernel.complete("orde"))
    second = kernel.begin("order.append('second')\nprint('under the second')")
    kernel.send_to_panel(panel, "ping")
    await kernel.until(lambda: "pong" in sent_to(kernel, panel))
    assert not completions.done()
    if end == "cancel":
        kernel.send_to_panel(panel, "cancel")
    else:
        await kernel.interrupt()
    assert "text" not in (await waiting)[-1]
    assert [output["text"] for output in await first] == ["under the first\n"]
    assert [output["text"] for output in await second] == ["under the second\n"]
    assert "order" in await completions
    expected = ["waited", "first", "message", "second"]
    if ipykernel is None and old_kernel.INSTALLED >= (7, 4):
        # It handles the messages of all widgets at once.
        expected = ["message", "waited", "first", "second"]
    assert await kernel.printed("print(order)") == f"{expected}\n"
    server.wait_for(lambda: server.connections[0].left)


@EVERY
async def test_after_the_extension_was_reloaded(
    kernel: Kernel, sse_server: StartSSEServer
) -> None:
    server = sse_server(ENDLESS)
    look = "print(get_ipython().kernel.shell_stream._recv_callback)"
    before = await kernel.printed(look)
    await kernel.run(f"%stream {server.url} -n s", "b")
    for _ in range(2):
        await kernel.run("%reload_ext nbstream\n%stream ['a']", "c")
    waiting, panel = await wait_in_a_cell(kernel, server)
    kernel.send_to_panel(panel, "cancel")
    await waiting
    await kernel.run("%unload_ext nbstream")
    await kernel.until_prints(look, before.removesuffix("\n"))


class Channel:
    """A shell channel of which a test makes the messages."""

    closed = staticmethod(bool)
    _recv_copy = False

    def __init__(self) -> None:
        self.io_loop = SimpleNamespace(add_callback=lambda call, *args: call(*args))
        self.passed_on: list[list[zmq.Frame]] = []
        self._recv_callback: Callable[[list[zmq.Frame]], Any] = self.passed_on.append

    def on_recv(self, callback: Callable[[Any], Any], copy: bool = True) -> None:
        self._recv_callback = callback

    def arrive(self, session: Session, kind: str, **content: Any) -> None:
        parts = session.serialize(session.msg(kind, content), ident=b"page")
        self._recv_callback([zmq.Frame(part) for part in parts])


def test_a_message_with_a_wrong_signature_is_left_to_ipykernel() -> None:
    key, channel = b"the kernel's key", Channel()
    received: list[Any] = []
    kernel = SimpleNamespace(
        shell_stream=channel,
        session=Session(key=key),
        io_loop=channel.io_loop,
        _publish_status=lambda status, channel, parent=None: None,
    )
    comm = SimpleNamespace(kernel=kernel, comm_id="ours")
    reader = read_shell_channel(comm, received.append, bool)
    assert reader is not None
    data = {"method": "custom", "content": "cancel"}
    for session, count in ((Session(key=b"another"), 0), (Session(key=key), 1)):
        channel.arrive(session, "comm_msg", comm_id="ours", data=data)
        assert len(received) == count
    assert len(channel.passed_on) == 1
    update = {"method": "update", "state": {}}
    channel.arrive(Session(key=key), "comm_msg", comm_id="ours", data=update)
    channel.arrive(Session(key=key), "comm_close", comm_id="ours", data=data)
    assert len(channel.passed_on) == 3, "only custom messages are read early"
    reader.close()
    channel.arrive(Session(key=key), "comm_msg", comm_id="ours", data=data)
    assert (len(received), len(channel.passed_on)) == (1, 4)


def test_a_kernel_that_is_built_otherwise_is_left_alone() -> None:
    for comm in (object(), SimpleNamespace(kernel="a name, as in marimo")):
        assert read_shell_channel(comm, print, bool) is None
    channel = Channel()
    before = vars(channel).copy()
    kernel = SimpleNamespace(shell_stream=channel, session=Session())
    comm = SimpleNamespace(kernel=kernel, comm_id="ours")
    assert read_shell_channel(comm, print, bool) is None
    assert vars(channel) == before
