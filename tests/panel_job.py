"""Play a page for the panels of a stream: a recording comm, and messages from the
page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from comm.base_comm import BaseComm

import nbstream
from nbstream.display.widget.runtime import Runtime
from nbstream.display.widget.stream_view import StreamView
from nbstream.testing import LoopClock

from .comms import replace_comms
from .python_streams import Steps, until_received


class RecordingComm(BaseComm):
    """Record the messages that a kernel would send."""

    made: list[RecordingComm]
    """Every one since the test began."""
    news: asyncio.Event
    """Set whenever one sends."""
    sent: list[dict[str, Any]]
    kernel: Any = object()
    """Without one, ipywidgets 7 sends nothing."""

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        if "sent" not in self.__dict__:
            self.sent = []
            self.made.append(self)
        self.sent.append({"type": msg_type, "data": data})
        self.news.set()

    @classmethod
    async def sends(cls) -> None:
        """Wait until one sends something more."""
        cls.news.clear()
        await cls.news.wait()


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Record the comms of every test in a module that has this fixture."""
    replace_comms(RecordingComm, monkeypatch.setattr)
    RecordingComm.made = []
    RecordingComm.news = asyncio.Event()
    yield


@pytest.fixture
async def clock() -> AsyncIterator[LoopClock]:
    with LoopClock() as clock:
        yield clock


class Job:
    """A stream whose items a test sends, and the page that shows it."""

    def __init__(self) -> None:
        self._steps = Steps()
        self.stream = nbstream.stream(self._steps)
        self.cell_runs = False
        self.runtime = Runtime(runs_cell=lambda: self.cell_runs)
        self.view = StreamView(self.stream, self.runtime)

    async def send(self, *items: Any) -> None:
        """Send items, and wait until the stream has received them."""
        sent = len([item for item in items if item is not None])
        count = self.stream.events_received + sent
        self._steps.send(*items)
        await until_received(self.stream, count)

    async def end(self) -> None:
        self._steps.send(None)
        await self.stream

    def messages(self, kind: str | None = None) -> list[dict[str, Any]]:
        sent = [
            message["data"]["content"]
            for message in self.view.panel.comm.sent
            if message["data"].get("method") == "custom"
        ]
        return [m for m in sent if kind in (None, m["type"])]

    def page(self, kind: str, **content: Any) -> None:
        """Deliver a message from the page, as the runtime's comm does."""
        message = {"type": kind, "panel": self.view.panel.key, **content}
        self.runtime.comm.handle_msg(
            {
                "content": {"data": {"method": "custom", "content": message}},
                "buffers": [],
            }
        )

    async def until_sent(self, text: str) -> None:
        """Wait until the text has been sent."""
        while text not in str(self.messages()):
            await RecordingComm.sends()


def batch_panels() -> list[RecordingComm]:
    """Return the panels that carry the messages of others."""
    opened = [(made, made.sent[0]["data"]["state"]) for made in RecordingComm.made]
    return [made for made, state in opened if state.get("view") == "batch"]


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(
        payload.get("text", "") for f in frames for _, _, payload in f["patches"]
    )
