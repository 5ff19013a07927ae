"""Everything that is kept of a stream is bounded in bytes, and what was dropped is
reported."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

import nbstream
from nbstream.content import budget
from nbstream.content.budget import KernelBudget
from nbstream.content.transcript import Transcript
from nbstream.dialects.json.growth import Growth
from nbstream.limits import MAX_NAME, Limits
from nbstream.notebook.background_loop import BackgroundLoop
from nbstream.sse import ServerSentEvent
from nbstream.streams.intake import Intake
from nbstream.streams.pipeline import Pipeline
from nbstream.text.clipping import clip_name, clip_value
from nbstream.text.value_size import size_of
from nbstream.updates import (
    Metric,
    Progress,
    Row,
    Text,
)

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

MB = 1024 * 1024


# -- size ----------------------------------------------------------------------------


def test_objects_count_and_not_only_their_characters() -> None:
    letters = ["x" + str(n) for n in range(1_000)]
    measured = sys.getsizeof(letters) + sum(map(sys.getsizeof, letters))
    assert size_of(letters) == measured > 50 * len(letters)
    assert size_of({"a": {"b": [letters, letters]}}) > 2 * measured
    assert size_of(Row([letters])) > measured
    assert size_of([Text("x" * 1_000)]) > 1_000
    assert size_of(10**4_000) > 1_600, "integers have no limit"


def test_nesting_of_any_depth_is_measured() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = {"a": value}
    assert size_of(value) > 100_000 * 100


# -- cuts ----------------------------------------------------------------------------


def test_long_names_that_differ_at_their_end_stay_apart() -> None:
    long = "model/" * 1_000
    names = {clip_name(long + "loss"), clip_name(long + "accuracy")}
    assert len(names) == 2
    assert all(len(name) <= MAX_NAME for name in names)
    assert clip_name("loss") == "loss"
    assert clip_name(long) == clip_name(long), "the same each time"
    transcript = Transcript()
    for name in ("loss", "accuracy", "loss"):
        transcript.apply(Metric(long + name, 1.0))
        transcript.apply(Progress(long + name, percent=50))
    states = {p.kind: p.payload for p in transcript.snapshot()}
    assert len(states["progress"]["bars"]) == 2
    assert len({name for name, *_ in states["metrics"]["add"]}) == 2


@pytest.mark.parametrize(
    "value",
    [
        "x" * 9_000,
        ["x"] * 9_000,
        {str(n): n for n in range(9_000)},
        {"k" * 9_000: "v" * 9_000},
        [[["x" * 100] * 100] * 100],
    ],
    ids=["text", "list", "object", "key", "nested"],
)
def test_a_value_that_is_too_large_is_cut_with_a_notice(value: Any) -> None:
    cut = clip_value(value, 2_000)
    assert size_of(cut) < 6_000
    assert "…" in json.dumps(cut, ensure_ascii=False)
    assert clip_value(cut, 10_000) is cut


# -- one stream ----------------------------------------------------------------------


def test_a_row_of_nested_lists_counts_while_views_need_it() -> None:
    transcript = Transcript()
    for number in range(40):
        transcript.apply(Row({"vector": [["x" * 1_000] * 100], "n": number}))
        transcript.apply(Row({"vector": [[str(n) for n in range(5_000)]]}))
    assert transcript.changes_after(0) is None
    assert transcript.changes.size < 9 * MB


async def test_evicted_content_is_counted_in_the_largest_block() -> None:
    async def job() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "log", "message": "small, and stays"}
        for number in range(100):
            yield {"type": "item", "data": {"n": number, "blob": "x" * 10_000}}

    stream = await nbstream.stream(job(), limits=Limits(memory=400_000))
    rows = next(b for b in stream.transcript.blocks if b.kind == "rows")
    state = rows.state()
    assert state["dropped"] + len(state["add"]) == 100
    assert state["dropped"] > 50
    assert state["add"][-1]["n"] == 99
    shown = stream.mimebundle()["text/plain"]
    assert f"[… {state['dropped']} items before these]" in shown
    assert "small, and stays" in shown


# -- all of a kernel -----------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelBudget:
    """Return a kernel's budget that counts the streams of one test."""
    monkeypatch.setattr(budget, "KERNEL", KernelBudget(512 * MB))
    return budget.KERNEL


async def test_the_largest_stream_evicts_first_also_one_that_has_ended(
    kernel: KernelBudget,
) -> None:
    kernel.limit = 3 * MB

    async def lines(count: int) -> AsyncIterator[dict[str, Any]]:
        for number in range(count):
            yield {"type": "log", "message": f"{number} " + "x" * 10_000}

    large = await nbstream.stream(lines(200))
    assert large.transcript.blocks[0].state()["dropped"] == 0
    small = await nbstream.stream(lines(100))
    assert len(small.transcript.blocks[0].state()["add"]) == 100
    state = large.transcript.blocks[0].state()
    assert state["dropped"] > 0
    assert state["dropped"] + len(state["add"]) == 200
    assert "lines before these" in large.mimebundle()["text/plain"]
    assert 0 < kernel.size <= kernel.limit


async def test_rendered_outputs_count_and_are_evicted_before_the_content(
    kernel: KernelBudget,
) -> None:
    async def text() -> AsyncIterator[str]:
        yield "y" * 300_000

    stream = await nbstream.stream(text())
    before = kernel.size
    shown = stream.mimebundle()
    assert kernel.size - before > 600_000
    kernel.limit = kernel.size - 1
    kernel.check()
    assert kernel.size - before < 100_000
    assert stream.text == "y" * 300_000
    assert stream.mimebundle() == shown


async def test_a_stream_in_another_thread_evicts_in_its_own_loop(
    kernel: KernelBudget,
) -> None:
    background = BackgroundLoop()
    threads: list[threading.Thread] = []

    async def endless() -> AsyncIterator[dict[str, Any]]:
        for number in range(100):
            yield {"type": "log", "message": f"{number} " + "x" * 100_000}
        await asyncio.Event().wait()

    stream = background.call(lambda: nbstream.stream(endless()))
    received, let_go = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def changed() -> None:
        if stream.events_received >= 100:
            loop.call_soon_threadsafe(received.set)
        state = stream.transcript.blocks[0].state() if stream.transcript.blocks else {}
        if state.get("dropped"):
            threads.append(threading.current_thread())
            loop.call_soon_threadsafe(let_go.set)

    stream.observe(changed)
    await received.wait()
    kernel.limit = MB
    kernel.check()
    await let_go.wait()
    assert threads[0] is not threading.current_thread()
    stream.cancel()
    await asyncio.to_thread(stream.join)
    background.close()


# -- dialects ------------------------------------------------------------------------


def test_a_text_that_grows_past_its_limit_is_still_read_once() -> None:
    growth = Growth()
    whole, joined = "", ""
    for number in range(200):
        whole += f"{number} " + "x" * 1_000
        joined += growth.new_in("a", whole)
    assert joined == whole
    assert growth.new_in("a", whole) == ""
    assert growth.new_in("a", whole[:5]) == ""
    assert growth.new_in("a", "another" + whole) == f"\n\nanother{whole}"


async def test_readers_receive_the_whole_row_that_the_block_cuts() -> None:
    """A reader receives the whole event, so all of it counts."""
    # 3 characters of JSON are 64 bytes of memory.
    data = json.dumps({"v": [[] for _ in range(40_000)]}).replace(" ", "")
    received = Intake(Pipeline("auto"), Transcript(Limits(memory=8 * MB)))
    event = ServerSentEvent(event="item", data=data)
    assert received.is_large(event)
    await received.take_large(event)
    [(_, [row])] = received.replay
    assert received.transcript.size < 2 * MB < size_of(row) <= received.replay.size
