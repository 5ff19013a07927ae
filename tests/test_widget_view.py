"""Frames and acknowledgements: what the kernel sends to a page, and when it waits.

The comm is faked: it records what is sent, and the test plays the page. Tests with a
real page are in tests/browser.
"""

from __future__ import annotations

import asyncio

import pytest

from nbstream.display.widget.frame_clock import FrameClock
from nbstream.display.widget.stream_view import StreamView
from nbstream.testing import LoopClock

from . import panel_job
from .panel_job import Job, RecordingComm, batch_panels, text_of

pytestmark = pytest.mark.anyio

recorded = panel_job.recorded
clock = panel_job.clock


async def test_the_first_change_is_sent_at_once_and_only_the_delta() -> None:
    job = Job()
    job.page("ack", seq=0)
    await job.send("one ")
    await job.until_sent("one ")
    job.page("ack", seq=1)
    await job.send("two ")
    await job.until_sent("two ")
    assert text_of(job.messages("frame")) == "one two "
    assert [f["since"] for f in job.messages("frame")][-2:] == [0, 1]


async def test_a_blocked_page_gets_no_more(clock: LoopClock) -> None:
    """A page that does not acknowledge for long gets no further frame; when it does,
    one frame has all content since."""
    job = Job()
    await job.send("0 ")
    number = 0
    for _ in range(30):
        number += 1
        await job.send(f"{number} ")
        await clock.advance(0.1)
    silent = job.messages("frame")
    for _ in range(50):
        number += 1
        await job.send(f"{number} ")
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
        await job.send(f"{number} ")
        await clock.advance(1)
        if number % 2:
            job.page("ack", seq=job.messages("frame")[-1]["seq"])
    assert len(job.messages("frame")) >= 20
    await job.send("and on")
    await job.until_sent("and on")


async def test_drawing_time_is_distinguished_from_a_late_acknowledgement(
    monkeypatch: pytest.MonkeyPatch, clock: LoopClock
) -> None:
    """Slow drawing makes frames rarer; a late acknowledgement does not."""
    lags: list[float] = []
    monkeypatch.setattr(FrameClock, "record_lag", lambda _, lag: lags.append(lag))
    job = Job()
    for held in (0.0, 100.0):
        await job.send("text ")
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
        await job.send(f"{number} ")
        await clock.advance(3)
        await job.until_sent(f"{number} ")
    assert text_of(job.messages("frame")) == "0 1 2 3 4 "


async def test_a_page_is_heard_in_the_thread_that_runs_cells() -> None:
    """marimo runs each page's cells, and reads its messages, in a thread of its own;
    no message arrives there while a cell runs, so frames go on."""

    async def frames() -> str:
        with LoopClock() as clock:
            job = Job()
            job.page("ping")
            job.cell_runs = True
            for number in range(3):
                await job.send(f"{number} ")
                await clock.advance(3)
            return text_of(job.messages("frame"))

    assert await asyncio.to_thread(asyncio.run, frames()) == "0 1 2 "


async def test_a_frame_has_the_whole_status_only_when_it_changes() -> None:
    """Every event changes the counts; the other fields would cost each frame more than
    its text."""
    job = Job()
    for number in range(3):
        await job.send(f"{number} ")
        await job.until_sent(f"{number} ")
    later = [f["head"] for f in job.messages("frame")][-2:]
    assert [head.keys() for head in later] == [{"events", "bytes"}] * 2
    job.page("sync")
    (snapshot,) = job.messages("snapshot")
    assert {"state", "events", "elapsed", "quiet"} <= snapshot["head"].keys()
    await job.send("once more")
    await job.until_sent("once more")
    assert job.messages("frame")[-1]["head"].keys() == {"events", "bytes"}
    await job.end()
    assert {"state", "elapsed"} <= job.messages("frame")[-1]["head"].keys()


async def test_a_page_that_requests_a_snapshot_gets_it() -> None:
    job = Job()
    await job.send("all of ", "it", {"type": "log", "message": "line"})
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
        await job.send(f"{number} ")
        await clock.advance(1)
    await job.end()
    assert text_of(job.messages("frame")) == "".join(f"{n} " for n in range(10))
    assert job.messages()[-1]["head"]["state"] == "finished"
    assert job.view.panel.state == "finished"


async def test_a_late_page_receives_the_frozen_output() -> None:
    job = Job()
    await job.send("text")
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
    await job.send("kept")
    await asyncio.to_thread(job.page, "cancel")
    await job.stream
    assert (job.stream.state, job.stream.text) == ("cancelled", "kept")


async def test_deltas_grow_with_the_payload_and_not_with_its_square() -> None:
    """50 deltas, acknowledged one by one, cost about their own size."""
    job = Job()
    for number in range(50):
        await job.send("x" * 100)
        await job.until_sent(f"'seq': {number + 1},")
        job.page("ack", seq=number + 1)
    assert len(text_of(job.messages("frame"))) == 50 * 100


async def test_a_snapshot_is_sent_in_several_messages() -> None:
    """The kernel's loop serialises each message in one step. If one page requests a
    snapshot while another's is being sent, both receive all of it, and new content
    once."""
    job = Job()
    rows = [{"type": "item", "data": {"n": n, "x": "x" * 50_000}} for n in range(200)]
    await job.send(*rows)
    await job.until_sent("'n': 199")
    already = len(job.messages())
    job.page("sync")
    while len(job.messages()) < already + 2:
        await asyncio.sleep(0)
    job.page("sync")
    await job.send({"type": "item", "data": {"n": 200}})
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
    await job.send(*rows)
    await job.until_sent("'n': 199")
    job.page("sync")
    job.view.freeze(lambda: ({}, {}))
    kinds = [message["type"] for message in job.messages()]
    assert kinds[-1] == "frozen" and kinds[-2] == "snapshot"


async def test_two_streams_share_their_posts() -> None:
    """A stream alone uses its own comm; when a second runs, one post has both."""
    job = Job()
    await job.send("one")
    await job.until_sent("one")
    assert batch_panels() == []
    other = StreamView(job.stream, job.runtime)
    (batch_panel,) = batch_panels()

    def posted() -> list[str]:
        contents = [m["data"].get("content", {}) for m in batch_panel.sent]
        return [key for c in contents for key, _ in c.get("messages", ())]

    await job.send("two")
    while set(posted()) != {job.view.panel.key, other.panel.key}:
        await RecordingComm.sends()
    other.close()


async def test_a_page_acknowledges_several_panels_at_once() -> None:
    job = Job()
    await job.send("one")
    await job.until_sent("one")
    key = job.view.panel.key
    messages = [{"type": "ping", "panel": "gone"}, {"type": "ping", "panel": key}]
    content = {"data": {"method": "custom", "content": {"messages": messages}}}
    job.runtime.comm.handle_msg({"content": content, "buffers": []})
    assert len(job.messages("pong")) == 1
