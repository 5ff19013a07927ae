"""The size of one frozen output is bounded, with notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest

from nbstream.content.mimebundle import bundle_side_by_side
from nbstream.content.transcript import Transcript
from nbstream.limits import MAX_OUTPUT
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
def test_one_output_is_bounded_as_a_whole_with_a_notice(flood: str) -> None:
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
    """Assert that every element is closed in order."""
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
