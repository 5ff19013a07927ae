"""The transcript: updates reduced to blocks, bounded, and numbered."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.transcript import Transcript
from nbstream.limits import Limits
from nbstream.updates import (
    Citation,
    Failed,
    Finished,
    LogLine,
    Metric,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .patched_view import Page, comparable

words = st.text(max_size=8)
updates = st.one_of(
    st.builds(Text, words),
    st.builds(Reasoning, words),
    st.builds(
        ToolCall, st.integers(0, 2), st.sampled_from(["", "a", "b"]), words, words
    ),
    st.builds(Usage, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    st.builds(Progress, name=st.sampled_from("abc"), current=st.integers(0, 9)),
    st.builds(Metric, name=st.sampled_from("xy"), value=st.floats(), step=st.none()),
    st.builds(LogLine, words),
    st.builds(Row, st.dictionaries(words, st.integers(), max_size=2)),
    st.builds(Raw, words, words),
    st.builds(Failed, words),
    st.builds(Citation, words, words, words),
    st.builds(Stopped, words, words),
)
small = Limits(text=20, parts=4, lines=3, rows=3, citations=2, points=4, bars=2, raw=2)


@given(
    st.lists(updates, max_size=40),
    st.lists(st.integers(1, 7), min_size=1),
    st.lists(st.integers(0, 600), min_size=1),
)
def test_deltas_add_up_to_the_snapshot(
    received: list[Update], steps: list[int], excesses: list[int]
) -> None:
    """At any interval of requests, and after any eviction, by kind or by memory: the
    deltas add up to the snapshot."""
    transcript = Transcript(small)
    page, seen = Page(), 0
    pending = list(received)
    for step, excess in zip(
        steps * len(pending), excesses * len(pending) * len(steps), strict=False
    ):
        for update in pending[:step]:
            transcript.apply(update)
        transcript.evict(excess)
        pending = pending[step:]
        page.take(transcript, seen)
        seen = transcript.seq
        if not pending:
            break
    assert transcript.size == sum(block.size for block in transcript.blocks)
    whole = {p.block: comparable(p.payload) for p in transcript.snapshot()}
    assert {k: comparable(v) for k, v in page.blocks.items()} == whole


@given(st.lists(updates, max_size=60), st.integers(1, 3_000))
def test_the_parts_of_a_snapshot_add_up_to_it(
    received: list[Update], size: int
) -> None:
    """It may be megabytes, too much to serialise in one step."""
    transcript = Transcript(Limits(parts=4, lines=20, rows=20, points=20, raw=20))
    for update in received:
        transcript.apply(update)
    seq, parts = transcript.snapshot_in_parts(size)
    page = Page()
    for part in parts:
        page.apply(part)
    assert seq == transcript.seq
    whole = {p.block: comparable(p.payload) for p in transcript.snapshot()}
    assert {k: comparable(v) for k, v in page.blocks.items()} == whole
    for part in parts:
        entries = [p for p in part if p.kind == "rows" for _ in p.payload["add"]]
        assert len(entries) <= max(size // 64, 1), "a row has more bytes than that"


@given(st.lists(updates, max_size=40))
def test_all_content_can_be_evicted(received: list[Update]) -> None:
    """Except content that is always small, such as sources and the error."""
    transcript = Transcript(small)
    for update in received:
        transcript.apply(update)
    transcript.evict(transcript.size)
    small_kinds = sum(b.size for b in transcript.blocks if b.kind == "citations")
    assert transcript.size == small_kinds
    for patch in transcript.snapshot():
        assert not patch.payload.get("text")
        assert not patch.payload.get("bars")


def test_all_changes_since_a_version_are_one_patch_a_block() -> None:
    transcript = Transcript()
    for word in ("a", "b", "c"):
        transcript.apply(Text(word))
        transcript.apply(LogLine(word))
    patches = transcript.changes_after(2)
    assert patches is not None
    assert [(p.kind, p.payload) for p in patches] == [
        ("text", {"text": "bc"}),
        ("log", {"add": [["", "b"], ["", "c"]]}),
    ]
    assert transcript.changes_after(6) == []


def test_an_unknown_version_needs_a_snapshot() -> None:
    """A view that is too far behind, or that has the version of another kernel's
    transcript."""
    transcript = Transcript()
    for _ in range(30_000):
        transcript.apply(Text("x"))
    assert transcript.changes_after(0) is None
    assert transcript.changes_after(30_001) is None
    assert transcript.snapshot()[0].payload["text"] == "x" * 30_000


def test_changes_kept_for_views_are_bounded_too() -> None:
    """Long lines that the log has evicted are not kept as changes."""
    transcript = Transcript(Limits(lines=10))
    for _ in range(100):
        transcript.apply(LogLine("x" * 100_000))
    assert transcript.changes_after(0) is None
    assert transcript.changes_after(99) is not None


def test_memory_is_bounded_and_evicted_content_is_counted() -> None:
    transcript = Transcript(Limits(text=1000, lines=10, rows=10, points=10, raw=10))
    for number in range(1000):
        transcript.apply(Text(f"{number:04}"))
        transcript.apply(LogLine(str(number)))
        transcript.apply(Row({"n": number}))
        transcript.apply(Metric("m", number))
        transcript.apply(Raw("e", str(number)))
    assert len(transcript.text) <= 1000
    assert transcript.text.endswith("0999")
    states = {p.kind: p.payload for p in transcript.snapshot()}
    assert states["text"]["dropped"] == 4000 - len(transcript.text)
    for kind in ("log", "rows", "metrics", "raw"):
        assert len(states[kind]["add"]) == 10
        assert states[kind]["dropped"] == 990
    assert "990 lines before" in transcript.blocks[1].plain()


def test_finished_leaves_nothing_to_show() -> None:
    transcript = Transcript()
    transcript.apply(Finished())
    assert (transcript.seq, transcript.blocks) == (0, [])


def test_parts_keep_the_order_of_their_first_updates() -> None:
    """Updates of other kinds in between do not split a text in two."""
    transcript = Transcript()
    for update in (
        Reasoning("let me "),
        Reasoning("see"),
        Text("It "),
        LogLine("beside"),
        Text("is:"),
        ToolCall(0, "a", "look", "{}"),
        Text("four"),
    ):
        transcript.apply(update)
    kinds_and_texts = [(p.kind, p.payload.get("text")) for p in transcript.snapshot()]
    assert kinds_and_texts == [
        ("reasoning", "let me see"),
        ("text", "It is:"),
        ("log", None),
        ("tool_call", "{}"),
        ("text", "four"),
    ]
    assert transcript.text == "It is:four"


def test_reasoning_is_closed_by_what_follows_it() -> None:
    """This is a change too: a page that received the reasoning receives its end."""
    transcript = Transcript()
    transcript.apply(Reasoning("hm"))
    assert "closed" not in transcript.snapshot()[0].payload
    seen = transcript.seq
    transcript.apply(Text("so"))
    patches = transcript.changes_after(seen)
    assert patches is not None
    assert [(p.block, p.payload) for p in patches] == [
        (0, {"text": "", "closed": True}),
        (1, {"text": "so"}),
    ]
    assert transcript.snapshot()[0].payload["closed"]


def test_interleaved_tool_calls_keep_their_arguments() -> None:
    """By index where only the first piece names the call, by id where an index is used
    again, and also with other updates in between."""
    transcript = Transcript()
    for update in (
        ToolCall(0, "a", "weather", ""),
        ToolCall(1, "b", "time", '{"zone":'),
        ToolCall(0, arguments='{"city":'),
        Text("meanwhile"),
        ToolCall(1, arguments='"CET"}'),
        ToolCall(0, "a", "weather", '"Oslo"}'),  # some servers repeat them
        ToolCall(0, "c", "weather", "{}"),
        ToolCall(0, arguments=" "),
    ):
        transcript.apply(update)
    calls = [
        (p.payload["id"], p.payload["name"], p.payload["text"])
        for p in transcript.snapshot()
        if p.kind == "tool_call"
    ]
    assert calls == [
        ("a", "weather", '{"city":"Oslo"}'),
        ("b", "time", '{"zone":"CET"}'),
        ("c", "weather", "{} "),
    ]


def test_parts_are_bounded_in_number_and_size() -> None:
    """An agent that runs for days: the oldest parts are evicted and counted, and a view
    that had them receives a snapshot."""
    transcript = Transcript(Limits(text=1000, parts=20))
    transcript.apply(LogLine("stays"))
    characters = 0
    for number in range(500):
        seen = transcript.seq
        transcript.apply(Text(f"{number:04}"))
        transcript.apply(ToolCall(0, f"id {number}", "look", "{}"))
        characters += 6
        assert len(transcript.blocks) <= 21
    kept: list[Any] = [p.payload for p in transcript.snapshot() if "text" in p.payload]
    assert sum(p["dropped"] + len(p["text"]) for p in kept) == characters
    assert kept[-1]["id"] == "id 499"
    assert "characters before this" in transcript.blocks[1].plain()
    # The next updates are applied at the right places.
    transcript.apply(ToolCall(0, arguments=" more"))
    transcript.apply(LogLine("and goes on"))
    assert transcript.blocks[-1].plain() == "[Tool call] look {} more"
    assert len(transcript.blocks[0].state()["add"]) == 2
    assert transcript.changes_after(seen - 100) is None

    large = Transcript(Limits(text=1000))
    for _ in range(50):
        large.apply(Text("x" * 900))
        large.apply(Reasoning("y" * 900))
    assert sum(len(b.state()["text"]) for b in large.blocks) <= 3000


def test_a_stop_is_shown_in_its_place_and_an_ordinary_end_leaves_nothing() -> None:
    transcript = Transcript()
    transcript.apply(Text("So far"))
    transcript.apply(Stopped("max_tokens", "It was cut."))
    transcript.apply(Stopped("max_time", "It took too long."))
    transcript.apply(Text("Again."))
    transcript.apply(Stopped("end_turn"))
    assert [block.plain() for block in transcript.blocks] == [
        "So far",
        "[It was cut.]",
        "[It took too long.]",
        "Again.",
    ]
    assert transcript.text == "So farAgain."
