"""Frames and acknowledgements: what the kernel sends to a page, and when it waits.

The comm is faked: it records what is sent, and the test plays the page. Tests with a
real page are in tests/browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import comm
import ipywidgets
import pytest
from comm.base_comm import BaseComm

import nbstream
from nbstream.display.widget import front_end
from nbstream.display.widget.frame_clock import FrameClock
from nbstream.display.widget.runtime import Runtime
from nbstream.display.widget.stream_view import StreamView
from nbstream.errors import BundleMissing
from nbstream.notebook.outputs import StreamOutput
from nbstream.testing import LoopClock

pytestmark = pytest.mark.anyio


class RecordingComm(BaseComm):
    """Record the messages that a kernel would send."""

    made: list[RecordingComm]
    """Every one since the test began."""
    news: asyncio.Event
    """Set whenever one sends."""
    sent: list[dict[str, Any]]

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
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
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
        self._items: asyncio.Queue[Any] = asyncio.Queue()
        self.stream = nbstream.stream(self._iterate())
        self.runtime = Runtime()
        self.cell_runs = False
        self.view = StreamView(self.stream, self.runtime, lambda: self.cell_runs)

    async def _iterate(self) -> AsyncIterator[Any]:
        while (item := await self._items.get()) is not None:
            yield item

    async def say(self, *items: Any) -> None:
        """Send items, and wait until the stream has received them."""
        taken = asyncio.Event()
        goal = self.stream.events_received + len([i for i in items if i is not None])

        def look() -> None:
            if self.stream.events_received >= goal:
                taken.set()

        stop = self.stream.observe(look)
        for item in items:
            self._items.put_nowait(item)
        await taken.wait()
        stop()

    async def end(self) -> None:
        self._items.put_nowait(None)
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
    return [made for made, state in opened if state.get("view") == "courier"]


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(
        payload.get("text", "") for f in frames for _, _, payload in f["patches"]
    )


async def test_the_first_change_is_sent_at_once_and_only_the_delta() -> None:
    job = Job()
    job.page("ack", seq=0)
    await job.say("one ")
    await job.until_sent("one ")
    job.page("ack", seq=1)
    await job.say("two ")
    await job.until_sent("two ")
    assert text_of(job.messages("frame")) == "one two "
    assert [f["since"] for f in job.messages("frame")][-2:] == [0, 1]


async def test_a_blocked_page_gets_no_more(clock: LoopClock) -> None:
    """A page that does not acknowledge for long gets no further frame; when it does,
    one frame has all content since."""
    job = Job()
    await job.say("0 ")
    number = 0
    for _ in range(30):
        number += 1
        await job.say(f"{number} ")
        await clock.advance(0.1)
    silent = job.messages("frame")
    for _ in range(50):
        number += 1
        await job.say(f"{number} ")
        await clock.advance(0.1)
    assert job.messages("frame") == silent
    job.page("ack", seq=silent[-1]["seq"])
    await job.until_sent(f"{number} ")
    frames = job.messages("frame")
    assert len(frames) == len(silent) + 1
    assert text_of(frames) == "".join(f"{n} " for n in range(number + 1))


async def test_one_acknowledgement_covers_the_frames_before_it(
    clock: LoopClock,
) -> None:
    """A page acknowledges rarely, and its last acknowledgement covers what it has
    drawn."""
    job = Job()
    # If it covered only its own frame, the frames before it would block the others.
    for number in range(20):
        await job.say(f"{number} ")
        await clock.advance(1)
        if number % 2:
            job.page("ack", seq=job.messages("frame")[-1]["seq"])
    assert len(job.messages("frame")) >= 20
    await job.say("and on")
    await job.until_sent("and on")


async def test_drawing_time_is_distinguished_from_a_late_acknowledgement(
    monkeypatch: pytest.MonkeyPatch, clock: LoopClock
) -> None:
    """Slow drawing makes frames rarer; a late acknowledgement does not."""
    lags: list[float] = []
    monkeypatch.setattr(FrameClock, "record_lag", lambda _, lag: lags.append(lag))
    job = Job()
    for held in (0.0, 100.0):
        await job.say("text ")
        await clock.advance(100)
        job.page("ack", seq=job.messages("frame")[-1]["seq"], held=held)
    late, prompt = lags
    assert late > 99
    assert prompt < 50


async def test_a_busy_kernel_that_receives_no_messages_continues(
    clock: LoopClock,
) -> None:
    """Without subshells a page's messages do not arrive while a cell runs, so frames
    continue unacknowledged, a few a second."""
    job = Job()
    job.cell_runs = True
    for number in range(5):
        await job.say(f"{number} ")
        await clock.advance(3)
        await job.until_sent(f"{number} ")
    assert text_of(job.messages("frame")) == "0 1 2 3 4 "


async def test_a_frame_has_the_whole_status_only_when_it_changes() -> None:
    """Every event changes the counts; the other fields would cost each frame more than
    its text."""
    job = Job()
    for number in range(3):
        await job.say(f"{number} ")
        await job.until_sent(f"{number} ")
    later = [f["head"] for f in job.messages("frame")][-2:]
    assert [head.keys() for head in later] == [{"events", "bytes"}] * 2
    job.page("sync")
    (snapshot,) = job.messages("snapshot")
    assert {"state", "events", "elapsed", "quiet"} <= snapshot["head"].keys()
    await job.say("once more")
    await job.until_sent("once more")
    assert job.messages("frame")[-1]["head"].keys() == {"events", "bytes"}
    await job.end()
    assert {"state", "elapsed"} <= job.messages("frame")[-1]["head"].keys()


async def test_a_page_that_requests_a_snapshot_gets_it() -> None:
    job = Job()
    await job.say("all of ", "it", {"type": "log", "message": "line"})
    job.page("sync")
    snapshot = job.messages("snapshot")[-1]
    assert snapshot["seq"] == 3
    kinds = [(kind, payload) for _, kind, payload in snapshot["patches"]]
    assert kinds == [
        ("text", {"text": "all of it", "dropped": 0}),
        ("log", {"add": [["", "line"]], "dropped": 0}),
    ]


async def test_the_end_is_sent_even_to_a_page_that_has_not_acknowledged(
    clock: LoopClock,
) -> None:
    job = Job()
    for number in range(10):
        await job.say(f"{number} ")
        await clock.advance(1)
    await job.end()
    assert text_of(job.messages("frame")) == "".join(f"{n} " for n in range(10))
    assert job.messages()[-1]["head"]["state"] == "finished"
    assert job.view.panel.state == "finished"


async def test_a_late_page_receives_the_frozen_output() -> None:
    job = Job()
    await job.say("text")
    await job.end()
    job.view.freeze(lambda: ({"text/plain": "text"}, {}))
    job.page("sync")
    assert [m["type"] for m in job.messages()][-2:] == ["snapshot", "frozen"]
    assert job.messages("freeze") == [], "it may have that output already"
    job.page("freeze")
    assert job.messages()[-1]["data"] == {"text/plain": "text"}
    assert job.view.panel.key == job.view.panel.model_id, "so the page can find it"


async def test_cancel_from_any_thread() -> None:
    """A page's messages may arrive on a subshell's thread."""
    job = Job()
    await job.say("kept")
    await asyncio.to_thread(job.page, "cancel")
    await job.stream
    assert (job.stream.state, job.stream.text) == ("cancelled", "kept")


async def test_a_panel_brings_no_layout_and_closing_leaves_no_widget() -> None:
    """A `Layout` is a widget, which closing its owner leaves open for ever."""

    def widgets() -> dict[str, Any]:
        state: dict[str, Any] = ipywidgets.Widget.get_manager_state()["state"]
        return state

    before = widgets().keys()
    job = Job()
    other = StreamView(job.stream, job.runtime, lambda: False)  # and so a batch panel
    opened = widgets().keys() - before
    assert len(opened) == 4
    assert not [i for i in opened if widgets()[i]["model_name"] == "LayoutModel"]
    await job.say("text")
    job.view.close()
    other.close()
    job.runtime.close()
    assert widgets().keys() <= before
    await job.say("nobody hears this")
    await job.end()


async def test_a_stream_that_ends_while_its_panel_is_made_leaves_no_panel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In its thread it continues while the front end is loaded."""
    before = ipywidgets.Widget.get_manager_state()["state"].keys()
    job = Job()
    await job.say("text")
    await job.end()
    output = StreamOutput([job.stream], job.view)
    output.close()
    job.runtime.close()
    assert ipywidgets.Widget.get_manager_state()["state"].keys() <= before


async def test_a_page_may_request_a_snapshot_when_the_streams_loop_is_closed() -> None:
    """As after the last stream of a thread. The page receives the content so far."""

    async def stream_in_another_loop() -> Job:
        job = Job()
        await job.say("text")
        await job.end()
        return job

    job = await asyncio.to_thread(asyncio.run, stream_in_another_loop())
    job.view.freeze(lambda: ({"text/plain": "text"}, {}))
    for kind in ("sync", "ack", "ping", "cancel", "freeze"):
        job.page(kind)
    assert [m["type"] for m in job.messages()][-4:] == [
        "snapshot",
        "frozen",
        "pong",
        "freeze",
    ]
    job.view.close()
    for kind in ("sync", "ack", "ping", "cancel", "freeze"):
        job.page(kind)


async def test_with_another_ipykernel_messages_are_sent_like_any_widgets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sending messages without a parent is private to ipykernel, and may change."""

    class Session:
        def send(self, message: object) -> None:
            raise AssertionError("this is not how it sends now")

    class Kernel:
        session = Session()
        iopub_socket = object()

    class Comm(RecordingComm):
        kernel, topic = Kernel(), b"comm"

    monkeypatch.setattr(comm, "create_comm", Comm)
    job = Job()
    await job.say("text")
    await job.until_sent("text")


async def test_deltas_grow_with_the_payload_and_not_with_its_square() -> None:
    """50 deltas, acknowledged one by one, cost about their own size."""
    job = Job()
    for number in range(50):
        await job.say("x" * 100)
        await job.until_sent(f"'seq': {number + 1},")
        job.page("ack", seq=number + 1)
    assert len(text_of(job.messages("frame"))) == 50 * 100


async def test_only_content_is_sent_again() -> None:
    """The runtime is sent once; each panel's state is a few kilobytes."""
    job = Job()
    opened = job.view.panel.comm.sent[0]["data"]["state"]
    assert len(str(opened)) < 10_000
    assert opened["runtime"] == f"IPY_MODEL_{job.runtime.model_id}"


async def test_a_missing_bundle_shows_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front_end.read_built.cache_clear()
    monkeypatch.setattr("importlib.resources.files", lambda _: Path("/no"))
    with pytest.raises(BundleMissing, match="npm ci && npm run build"):
        Runtime()
    front_end.read_built.cache_clear()


async def test_a_snapshot_is_sent_in_several_messages() -> None:
    """The kernel's loop serialises each message in one step. If one page requests a
    snapshot while another's is being sent, both receive all of it, and new content
    once."""
    job = Job()
    rows = [{"type": "item", "data": {"n": n, "x": "x" * 50_000}} for n in range(200)]
    await job.say(*rows)
    await job.until_sent("'n': 199")
    already = len(job.messages())
    job.page("sync")
    while len(job.messages()) < already + 2:
        await asyncio.sleep(0)
    job.page("sync")
    await job.say({"type": "item", "data": {"n": 200}})
    await job.until_sent("'n': 200")

    messages = job.messages()[already:]
    kinds = [message["type"] for message in messages]
    assert kinds.count("snapshot") == 1, "the second answer takes the first one's place"
    assert kinds[-1] == "frame" or "part" not in kinds[kinds.index("snapshot") :]
    shown: list[int] = []
    parts = 0
    for message in messages:
        assert len(str(message)) < 3_000_000
        added = [payload["add"] for _, _, payload in message["patches"]]
        if message.get("number") == 0:
            shown, parts = [], 0
        shown += [row["n"] for rows in added for row in rows]
        parts += message["type"] == "part"
        if message["type"] == "snapshot":
            assert message["parts"] == parts > 2
            seq = message["seq"]
        elif message["type"] == "frame":
            assert message["since"] == seq, "no hole, for which a page would ask again"
    assert shown == [*range(201)]


async def test_the_end_sends_the_rest_of_a_snapshot_first() -> None:
    """The output that replaces the panel then replaces all of it."""
    job = Job()
    rows = [{"type": "item", "data": {"n": n, "x": "x" * 50_000}} for n in range(200)]
    await job.say(*rows)
    await job.until_sent("'n': 199")
    job.page("sync")
    job.view.freeze(lambda: ({}, {}))
    kinds = [message["type"] for message in job.messages()]
    assert kinds[-1] == "frozen" and kinds[-2] == "snapshot"


async def test_two_streams_share_their_posts() -> None:
    """A stream alone uses its own comm; when a second runs, one post has both."""
    job = Job()
    await job.say("one")
    await job.until_sent("one")
    assert batch_panels() == []
    other = StreamView(job.stream, job.runtime, lambda: False)
    (courier,) = batch_panels()

    def posted() -> list[str]:
        contents = [m["data"].get("content", {}) for m in courier.sent]
        return [key for c in contents for key, _ in c.get("messages", ())]

    await job.say("two")
    while set(posted()) != {job.view.panel.key, other.panel.key}:
        await RecordingComm.sends()
    other.close()


async def test_a_page_acknowledges_several_panels_at_once() -> None:
    job = Job()
    await job.say("one")
    await job.until_sent("one")
    key = job.view.panel.key
    messages = [{"type": "ping", "panel": "gone"}, {"type": "ping", "panel": key}]
    content = {"data": {"method": "custom", "content": {"messages": messages}}}
    job.runtime.comm.handle_msg({"content": content, "buffers": []})
    assert len(job.messages("pong")) == 1
