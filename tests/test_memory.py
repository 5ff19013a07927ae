"""Everything that is kept of a stream is bounded in bytes, and says what went."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest

import nbstream
from nbstream.content import budget
from nbstream.content.budget import KernelBudget
from nbstream.content.mimebundle import bundle_side_by_side
from nbstream.content.transcript import Transcript
from nbstream.dialects.json.growth import Growth
from nbstream.limits import MAX_NAME, MAX_OUTPUT, Limits
from nbstream.notebook.background_loop import BackgroundLoop
from nbstream.sse import ServerSentEvent
from nbstream.streams.intake import Intake
from nbstream.streams.pipeline import Pipeline
from nbstream.text.clipping import clip_name, clip_value
from nbstream.text.value_size import size_of
from nbstream.updates import (
    Citation,
    Failed,
    LogLine,
    Metric,
    Note,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
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
def test_a_value_that_is_too_large_is_cut_and_says_so(value: Any) -> None:
    cut = clip_value(value, 2_000)
    assert size_of(cut) < 6_000
    assert "…" in json.dumps(cut, ensure_ascii=False)
    assert clip_value(cut, 10_000) is cut


# -- one stream ----------------------------------------------------------------------


def test_a_row_of_nested_lists_counts_as_what_views_still_ask_for() -> None:
    transcript = Transcript()
    for number in range(40):
        transcript.apply(Row({"vector": [["x" * 1_000] * 100], "n": number}))
        transcript.apply(Row({"vector": [[str(n) for n in range(5_000)]]}))
    assert transcript.changes_after(0) is None
    assert transcript.changes.size < 9 * MB


async def test_what_is_let_go_is_counted_in_the_largest_block() -> None:
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
    """A kernel's budget that counts the streams of one test."""
    monkeypatch.setattr(budget, "KERNEL", KernelBudget(512 * MB))
    return budget.KERNEL


async def test_the_largest_stream_lets_go_first_also_one_that_has_ended(
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


async def test_outputs_that_were_made_count_and_go_before_the_content(
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


async def test_a_stream_in_another_thread_lets_go_in_its_own_loop(
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


# -- the frozen output ---------------------------------------------------------------


def bundle_size(bundle: dict[str, str]) -> int:
    return sum(len(text.encode()) for text in bundle.values())


LONG = "<b>&amp; *x* ` " * 100_000
LONG_NAME = "<b>" * 1_000

FLOODS: dict[str, Callable[[], Iterator[Update]]] = {
    "a text": lambda: iter([Text(LONG)]),
    "reasoning": lambda: iter([Reasoning(LONG)]),
    "tool calls": lambda: (
        ToolCall(n, f"{n}", LONG_NAME, json.dumps([LONG[:9_000]])) for n in range(300)
    ),
    "texts": lambda: (Text(f"{n} " + LONG[:20_000]) for n in range(300)),
    "log lines": lambda: (LogLine(f"{n} {LONG[:3_000]}") for n in range(3_000)),
    "colours": lambda: iter([LogLine("\x1b[31mred\x1b[0m" * 500_000)]),
    "metrics": lambda: (Metric(f"{LONG_NAME}{n}", n) for n in range(3_000)),
    "progress": lambda: (
        Progress(f"{LONG_NAME}{n}", n, 5_000, message=LONG) for n in range(300)
    ),
    "rows": lambda: (
        Row({f"{LONG_NAME}{c}": LONG[:9_000] for c in range(60)}) for _ in range(600)
    ),
    "a nested row": lambda: iter([Row({"v": [[LONG] * 10] * 10})]),
    "citations": lambda: (
        Citation(f"{n}{LONG}", f"http://a/{n}", LONG) for n in range(300)
    ),
    "other events": lambda: (Raw(f"{n}{LONG_NAME}", LONG) for n in range(300)),
    "a long other event": lambda: iter([Raw("x", json.dumps([LONG] * 10), LONG)]),
    "notes": lambda: iter([Note(LONG)] * 500),
    "ends": lambda: iter([Stopped(LONG, LONG), Failed(LONG, LONG)]),
    "all": lambda: (
        update for name in FLOODS if name != "all" for update in FLOODS[name]()
    ),
}
"""Updates of far more than an output holds, each made when it is applied: together
they are 2 GB."""


@pytest.mark.parametrize("flood", FLOODS)
def test_one_output_is_bounded_whole_and_says_what_is_cut(flood: str) -> None:
    transcript = Transcript()
    for update in FLOODS[flood]():
        transcript.apply(update)
    bundle = transcript.mimebundle("Cancelled")
    assert bundle_size(bundle) <= MAX_OUTPUT
    assert bundle_size(bundle) > 4_000, "and much of it is there"
    assert bundle == transcript.mimebundle("Cancelled"), "the same each time"
    assert "…" in bundle["text/plain"]
    assert_well_formed(bundle["text/html"])
    fences = [x for x in bundle["text/markdown"].split("\n") if x.startswith("```")]
    assert len(fences) % 2 == 0
    assert bundle["text/plain"].endswith("[Cancelled]")


def assert_well_formed(html: str) -> None:
    """Every element is closed in turn."""
    empty = {"br", "hr", "img", "input", "path", "line", "rect", "col", "circle"}
    is_open: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in empty:
                is_open.append(tag)

        def handle_startendtag(self, tag: str, attrs: Any) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            if tag not in empty:
                assert is_open.pop() == tag

    parser = Parser()
    parser.feed(html)
    parser.close()
    assert not is_open


def test_several_streams_in_one_output_share_its_limit() -> None:
    transcripts = []
    for number in range(5):
        transcript = Transcript()
        for _ in range(100):
            transcript.apply(Text(f"{number} " + "x" * 10_000))
        transcripts.append(transcript)
    made = bundle_side_by_side([("s", partial(t.mimebundle, "")) for t in transcripts])
    assert MAX_OUTPUT // 2 < bundle_size(made) <= MAX_OUTPUT
    assert made["text/plain"].count("characters before this") == 5


# -- dialects ------------------------------------------------------------------------


def test_a_text_that_grows_past_what_is_kept_of_it_is_still_told_once() -> None:
    growth = Growth()
    whole, told = "", ""
    for number in range(200):
        whole += f"{number} " + "x" * 1_000
        told += growth.new_in("a", whole)
    assert told == whole
    assert growth.new_in("a", whole) == ""
    assert growth.new_in("a", whole[:5]) == ""
    assert growth.new_in("a", "another" + whole) == f"\n\nanother{whole}"


async def test_what_a_row_is_cut_to_is_not_what_readers_have_of_it() -> None:
    """A reader gets all of an event, so all of it counts."""
    # 3 characters of JSON are 64 bytes of memory.
    data = json.dumps({"v": [[] for _ in range(40_000)]}).replace(" ", "")
    received = Intake(Pipeline("auto"), Transcript(Limits(memory=8 * MB)))
    event = ServerSentEvent(event="item", data=data)
    assert received.is_large(event)
    await received.take_large(event)
    [(_, [row])] = received.replay
    assert received.transcript.size < 2 * MB < size_of(row) <= received.replay.size
