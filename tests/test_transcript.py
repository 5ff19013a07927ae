"""What has been received: reduced to blocks, bounded, and numbered."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbstream.blocks import Limits
from nbstream.transcript import Transcript
from nbstream.updates import (
    Failed,
    Finished,
    LogLine,
    Metric,
    Progress,
    Raw,
    Row,
    Text,
    Update,
)

words = st.text(max_size=8)
updates = st.one_of(
    st.builds(Text, words),
    st.builds(Progress, name=st.sampled_from("abc"), current=st.integers(0, 9)),
    st.builds(Metric, name=st.sampled_from("xy"), value=st.floats(), step=st.none()),
    st.builds(LogLine, words),
    st.builds(Row, st.dictionaries(words, st.integers(), max_size=2)),
    st.builds(Raw, words, words),
    st.builds(Failed, words),
)
small = Limits(text=20, lines=3, rows=3, points=4, bars=2, raw=2)


class Page:
    """A reader that keeps what patches tell it, as the page's blocks do."""

    def __init__(self) -> None:
        self.blocks: dict[int, dict[str, Any]] = {}

    def take(self, transcript: Transcript, seq: int) -> None:
        patches = transcript.changes_after(seq)
        assert patches is not None
        for patch in patches:
            block = self.blocks.setdefault(patch.block, {})
            getattr(self, f"_{patch.kind}", self._listing)(block, patch.payload)

    def _listing(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        entries = [*block.get("add", []), *payload["add"]]
        drop = payload.get("drop", 0)
        block["add"] = entries[drop:]
        block["dropped"] = block.get("dropped", 0) + drop

    def _text(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        # The page counts in UTF-16 units, so this reader does too.
        units = (block.get("text", "") + payload["text"]).encode(
            "utf-16-le", "surrogatepass"
        )
        units = units[2 * payload.get("drop", 0) :]
        block["text"] = units.decode("utf-16-le", "surrogatepass")

    def _progress(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        bars = block.setdefault("bars", {})
        for name in payload.get("gone", []):
            bars.pop(name, None)
        bars.update(payload["bars"])

    def _error(self, block: dict[str, Any], payload: dict[str, Any]) -> None:
        block.update(payload)


def comparable(payload: dict[str, Any]) -> dict[str, Any]:
    """Without what is counted in other units, or moves with the clock."""
    kept = {k: v for k, v in payload.items() if k != "dropped"}
    if "bars" in kept:
        kept["bars"] = {
            name: {k: v for k, v in bar.items() if k != "elapsed"}
            for name, bar in kept["bars"].items()
        }
    return kept


@given(st.lists(updates, max_size=40), st.lists(st.integers(1, 7), min_size=1))
def test_changes_add_up_to_the_snapshot(
    received: list[Update], steps: list[int]
) -> None:
    """However often a view asks, and however much was let go in between: what it was
    told in changes is what it would be told as a whole."""
    transcript = Transcript(small)
    page, seen = Page(), 0
    pending = list(received)
    for step in steps * len(pending):
        for update in pending[:step]:
            transcript.apply(update)
        pending = pending[step:]
        page.take(transcript, seen)
        seen = transcript.seq
        if not pending:
            break
    whole = {p.block: comparable(p.payload) for p in transcript.snapshot()}
    assert {k: comparable(v) for k, v in page.blocks.items()} == whole


def test_everything_after_a_change_is_one_patch_a_block() -> None:
    transcript = Transcript()
    for word in ("a", "b", "c"):
        transcript.apply(Text(word))
        transcript.apply(LogLine(word))
    patches = transcript.changes_after(2)
    assert patches is not None
    assert [(p.kind, p.payload) for p in patches] == [
        ("text", {"text": "bc"}),
        ("log", {"add": [["info", "b"], ["info", "c"]]}),
    ]
    assert transcript.changes_after(6) == []


def test_a_change_that_is_not_known_asks_for_a_snapshot() -> None:
    """A view that is too far behind, or that knew another kernel's transcript."""
    transcript = Transcript()
    for _ in range(30_000):
        transcript.apply(Text("x"))
    assert transcript.changes_after(0) is None
    assert transcript.changes_after(30_001) is None
    assert transcript.snapshot()[0].payload["text"] == "x" * 30_000


def test_memory_is_bounded_and_what_was_let_go_is_counted() -> None:
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
