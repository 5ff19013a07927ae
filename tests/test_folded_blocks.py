"""Reasoning, tool calls, raw events and usage as they are left behind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.blocks import (
    Block,
    ReasoningBlock,
    ToolCallBlock,
    UsageBlock,
)
from nbstream.content.blocks.raw import RawBlock
from nbstream.limits import Limits
from nbstream.updates import Raw, Reasoning, ToolCall, Update, Usage

from .html_tags import Tags


def block(
    cls: type[Block[Any]], *updates: Update, limits: Limits | None = None
) -> Block[Any]:
    made = cls(limits or Limits())
    for update in updates:
        made.add(update)
    return made


def test_reasoning_is_folded_and_distinct_from_text() -> None:
    made = block(ReasoningBlock, Reasoning("one\n"), Reasoning("two"))
    assert made.plain() == "> one\n> two"
    assert "<summary>Reasoning (7 characters)</summary>" in made.markdown()
    assert "```text\none\ntwo\n```" in made.markdown()
    assert Tags(made.html()).tags == ["details", "summary", "div"]


def test_evicted_reasoning_is_counted() -> None:
    limits = Limits(text=100)
    made = block(ReasoningBlock, *[Reasoning("x" * 10)] * 50, limits=limits)
    assert "Reasoning (500 characters)" in made.html()
    assert "characters before this" in made.html()
    assert len(made.state()["text"]) <= 100


def test_a_call_s_arguments_are_laid_out() -> None:
    made = block(
        ToolCallBlock,
        ToolCall(0, "a", "weather", '{"city":'),
        ToolCall(0, arguments='"Tromsø"}'),
    )
    assert made.plain() == '[Tool call] weather { "city": "Tromsø" }'
    assert '```json\n{\n  "city": "Tromsø"\n}\n```' in made.markdown()
    assert "Tool call weather" in Tags(made.html()).text


def test_a_truncated_call_shows_its_arguments_so_far() -> None:
    made = block(ToolCallBlock, ToolCall(0, "a", "weather", '{"city": "Os'))
    assert made.plain() == '[Tool call] weather {"city": "Os'
    assert '{"city": "Os' in made.markdown()


def test_raw_events_are_folded_each_by_itself() -> None:
    made = block(RawBlock, Raw("odd", '{"a":[1]}'), Raw("odd", "not JSON"))
    assert made.plain() == 'odd: {"a":[1]}\nodd: not JSON'
    assert Tags(made.html()).tags.count("details") == 3
    assert '{\n  "a": [\n    1\n  ]\n}' in Tags(made.html()).text


def test_usage_is_merged() -> None:
    made = block(UsageBlock, Usage(1200, 1), Usage(output_tokens=340))
    assert made.plain() == "[Tokens: 1,200 in, 340 out]"
    assert made.markdown() == "*Tokens: 1,200 in, 340 out*"


def test_frozen_usage_is_the_same_for_the_same_content() -> None:
    """Times go to the page, and not into the notebook, where they would differ."""
    slow, fast = (block(UsageBlock, Usage(1, 2)) for _ in range(2))
    assert isinstance(slow, UsageBlock)
    slow.times = {"first": 9.9, "streamed": 99.9}
    slow.add(Usage(1, 2))
    assert slow.state()["first"] == 9.9
    assert slow.html() == fast.html()


hostile = st.text(
    alphabet=st.sampled_from("`~<>/&|#*\"'\n x-") | st.characters(), max_size=40
) | st.sampled_from(
    [
        "</details><script>alert(1)</script>",
        "```\n</details>\n\n# out",
        "</code></summary><img src=x onerror=alert(1)>",
        "\n\n<script>alert(1)</script>\n\n",
    ]
)
ALLOWED = {"details", "summary", "div", "code"}


@pytest.mark.parametrize("cls", [ReasoningBlock, ToolCallBlock, RawBlock])
@given(one=hostile, other=hostile)
def test_nothing_breaks_out(cls: type[Block[Any]], one: str, other: str) -> None:
    updates: dict[type[Block[Any]], Update] = {
        ReasoningBlock: Reasoning(one + other),
        ToolCallBlock: ToolCall(0, "", one, other),
        RawBlock: Raw(one, other),
    }
    made = block(cls, updates[cls])
    assert set(Tags(made.html()).tags) <= ALLOWED
    markdown = made.markdown()
    # Outside the fence there is only our markup, in one piece.
    fence = re.search(r"^(`{3,})\w+$", markdown, re.MULTILINE)
    assert fence is not None
    before = markdown[: fence.start()]
    rest = markdown[fence.end() + 1 :]
    inside, _, after = rest.rpartition(f"\n{fence[1]}")
    assert fence[1] not in inside
    assert after in ("", "\n\n</details>")
    assert set(Tags(before).tags) <= {"details", "summary"}
    assert before.rstrip("\n").count("\n\n") == 0


def test_estimated_usage_is_marked_until_the_server_counts_it() -> None:
    """Servers send an answer's usage at its end; until then it is an estimate."""
    made = block(UsageBlock, Usage(12, 1), Usage(output_tokens=40, estimated=True))
    assert made.plain() == "[Tokens: 12 in, ≈ 40 out]"
    made.add(Usage(cached_tokens=0))
    assert made.plain() == "[Tokens: 12 in, ≈ 40 out]"
    made.add(Usage(output_tokens=38))
    assert made.plain() == "[Tokens: 12 in, 38 out]"
