"""Frames and acknowledgements: what the kernel sends to a page, and when it waits.

The comm is faked: it records what is sent, and the test plays the page. Everything
with a real page is in tests/browser.
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
    """Keeps what a kernel would put on the wire."""

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
    """A stream that a test speaks through, and the page that looks at it."""

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
        """Send items, and wait until the stream has taken them in."""
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
        """A message from the page, as the runtime's comm delivers it."""
        message = {"type": kind, "panel": self.view.panel.key, **content}
        self.runtime.comm.handle_msg(
            {
                "content": {"data": {"method": "custom", "content": message}},
                "buffers": [],
            }
        )

    async def until_sent(self, text: str) -> None:
        """Wait until the text has gone out."""
        while text not in str(self.messages()):
            await RecordingComm.sends()


def batch_comms() -> list[RecordingComm]:
    """The panels that carry the messages of others."""
    opened = [(made, made.sent[0]["data"]["state"]) for made in RecordingComm.made]
    return [made for made, state in opened if state.get("view") == "batch"]


def told(frames: list[dict[str, Any]]) -> str:
    return "".join(
        payload.get("text", "") for f in frames for _, _, payload in f["patches"]
    )


async def test_the_first_change_goes_out_at_once_and_only_what_is_new() -> None:
    job = Job()
    job.page("ack", seq=0)
    await job.say("one ")
    await job.until_sent("one ")
    job.page("ack", seq=1)
    await job.say("two ")
    await job.until_sent("two ")
    assert told(job.messages("frame")) == "one two "
    assert [f["since"] for f in job.messages("frame")][-2:] == [0, 1]


async def test_a_page_that_stands_still_gets_no_more(clock: LoopClock) -> None:
    """A page that does not answer for long gets no further frame, however much comes;
    when it answers, one frame holds all that came since."""
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
    assert told(frames) == "".join(f"{n} " for n in range(number + 1))


async def test_one_answer_counts_for_the_frames_before_it(clock: LoopClock) -> None:
    """A page answers seldom, and what it answers last is what it has drawn."""
    job = Job()
    # Were an answer only for its own frame, those before it would stop the others.
    for number in range(20):
        await job.say(f"{number} ")
        await clock.advance(1)
        if number % 2:
            job.page("ack", seq=job.messages("frame")[-1]["seq"])
    assert len(job.messages("frame")) >= 20
    await job.say("and on")
    await job.until_sent("and on")


async def test_how_late_a_page_draws_is_told_from_how_long_it_put_its_answer_off(
    monkeypatch: pytest.MonkeyPatch, clock: LoopClock
) -> None:
    """Frames become rarer for the one, and not for the other."""
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


async def test_a_busy_kernel_that_hears_no_page_goes_on(clock: LoopClock) -> None:
    """Without subshells nothing of a page arrives while a cell runs, so frames go on
    unanswered, a few a second."""
    job = Job()
    job.cell_runs = True
    for number in range(5):
        await job.say(f"{number} ")
        await clock.advance(3)
        await job.until_sent(f"{number} ")
    assert told(job.messages("frame")) == "0 1 2 3 4 "


async def test_a_frame_tells_the_whole_status_only_when_it_changes() -> None:
    """Every event changes the counts; the rest costs each frame more than its words."""
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


async def test_a_page_that_asks_gets_everything() -> None:
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


async def test_the_end_is_sent_even_to_a_page_that_owes_answers(
    clock: LoopClock,
) -> None:
    job = Job()
    for number in range(10):
        await job.say(f"{number} ")
        await clock.advance(1)
    await job.end()
    assert told(job.messages("frame")) == "".join(f"{n} " for n in range(10))
    assert job.messages()[-1]["head"]["state"] == "finished"
    assert job.view.panel.state == "finished"


async def test_a_late_page_is_told_how_it_froze() -> None:
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
    """A page's messages may come on a subshell's thread."""
    job = Job()
    await job.say("kept")
    await asyncio.to_thread(job.page, "cancel")
    await job.stream
    assert (job.stream.state, job.stream.text) == ("cancelled", "kept")


async def test_a_panel_brings_no_layout_and_closing_leaves_no_widget() -> None:
    """A `Layout` is a widget, that closing its owner leaves open for ever."""

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
    """In its thread it goes on while the front end is loaded."""
    before = ipywidgets.Widget.get_manager_state()["state"].keys()
    job = Job()
    await job.say("text")
    await job.end()
    output = StreamOutput([job.stream], job.view)
    output.close()
    job.runtime.close()
    assert ipywidgets.Widget.get_manager_state()["state"].keys() <= before


async def test_a_page_may_ask_when_the_loop_of_the_stream_is_closed() -> None:
    """As that of a thread is after its last stream. It gets what there is."""

    async def stream_beside() -> Job:
        job = Job()
        await job.say("text")
        await job.end()
        return job

    job = await asyncio.to_thread(asyncio.run, stream_beside())
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


async def test_another_ipykernel_is_sent_to_as_any_widget_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How messages go without a parent is private to it, and may change."""

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
    """50 deltas acknowledged one by one cost about their own size, and no more."""
    job = Job()
    for number in range(50):
        await job.say("x" * 100)
        await job.until_sent(f"'seq': {number + 1},")
        job.page("ack", seq=number + 1)
    assert len(told(job.messages("frame"))) == 50 * 100


async def test_nothing_but_content_is_resent() -> None:
    """The runtime is sent once; each panel carries a few kilobytes."""
    job = Job()
    opened = job.view.panel.comm.sent[0]["data"]["state"]
    assert len(str(opened)) < 10_000
    assert opened["runtime"] == f"IPY_MODEL_{job.runtime.model_id}"


async def test_a_missing_bundle_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front_end.read_built.cache_clear()
    monkeypatch.setattr("importlib.resources.files", lambda _: Path("/no"))
    with pytest.raises(BundleMissing, match="npm ci && npm run build"):
        Runtime()
    front_end.read_built.cache_clear()


async def test_a_page_that_asks_for_everything_gets_it_in_several_messages() -> None:
    """The kernel's loop writes each of them out at one go. Of two pages that ask, one
    in the middle of the other's answer, both get all of it, and what comes meanwhile
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


async def test_the_end_sends_what_is_left_of_a_snapshot_first() -> None:
    """Whatever takes the panel's place then takes that of all of it."""
    job = Job()
    rows = [{"type": "item", "data": {"n": n, "x": "x" * 50_000}} for n in range(200)]
    await job.say(*rows)
    await job.until_sent("'n': 199")
    job.page("sync")
    job.view.freeze(lambda: ({}, {}))
    kinds = [message["type"] for message in job.messages()]
    assert kinds[-1] == "frozen" and kinds[-2] == "snapshot"


async def test_two_streams_share_their_posts() -> None:
    """A stream by itself uses its own comm; when a second runs, a post holds both."""
    job = Job()
    await job.say("one")
    await job.until_sent("one")
    assert batch_comms() == []
    other = StreamView(job.stream, job.runtime, lambda: False)
    (batch_comm,) = batch_comms()

    def posted() -> list[str]:
        contents = [m["data"].get("content", {}) for m in batch_comm.sent]
        return [key for c in contents for key, _ in c.get("messages", ())]

    await job.say("two")
    while set(posted()) != {job.view.panel.key, other.panel.key}:
        await RecordingComm.sends()
    other.close()


async def test_a_page_answers_for_several_panels_at_once() -> None:
    job = Job()
    await job.say("one")
    await job.until_sent("one")
    key = job.view.panel.key
    messages = [{"type": "ping", "panel": "gone"}, {"type": "ping", "panel": key}]
    content = {"data": {"method": "custom", "content": {"messages": messages}}}
    job.runtime.comm.handle_msg({"content": content, "buffers": []})
    assert len(job.messages("pong")) == 1
