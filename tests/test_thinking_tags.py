"""Reasoning in tags at the beginning of an answer."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream
from nbstream.dialects import Reread, dialect_named
from nbstream.dialects.parts.thinking_tags import ThinkingTags
from nbstream.sse import ServerSentEvent
from nbstream.updates import Raw, Reasoning, Stopped, Text, ToolCall, Update, Usage


def read(*pieces: str) -> list[Update]:
    tags = ThinkingTags()
    return [*tags.read(map(Text, pieces)), *tags.end()]


def reasoning_and_text(updates: list[Update]) -> tuple[str, str]:
    """Return the reasoning and the text."""
    thought = "".join(u.text for u in updates if isinstance(u, Reasoning))
    return thought, "".join(u.text for u in updates if isinstance(u, Text))


TAGS = ["<think>", "</think>", "<thinking>", "</thinking>"]
CASES = [
    ("<think>Hm.</think>Yes", "Hm.", "Yes"),
    ("<think>\nHm.\n</think>\n\nYes", "Hm.\n", "Yes"),
    ("\n <think>Hm.</think> Yes", "Hm.", "Yes"),
    ("<thinking>a < b</thinking>Yes", "a < b", "Yes"),
    ("<reasoning>a</think></reasoning>Yes", "a</think>", "Yes"),
    ("<THINK>Hm.</Think>Yes", "Hm.", "Yes"),
    ("<think>İstanbul</think>Yes", "İstanbul", "Yes"),
    # Not closed: it was cut within the reasoning.
    ("<think>Hm. And", "Hm. And", ""),
    ("<think>Hm.</thi", "Hm.</thi", ""),
    # Qwen3, with reasoning disabled.
    ("<think>\n\n</think>\n\nYes", "", "Yes"),
    ("</think>\n\nYes", "", "Yes"),
    ("<think>a</think>\n<think>b</think>Yes", "ab", "Yes"),
    # The answer keeps its indentation.
    ("<think>Hm.</think>\n\n    code\n", "Hm.", "    code\n"),
    # Anywhere else tags are part of the answer.
    ("Yes <think>no</think>", "", "Yes <think>no</think>"),
    ("Hm.</think>Yes", "", "Hm.</think>Yes"),
    ("<think>a</think>Yes</think>", "a", "Yes</think>"),
    ("<thinker>Rodin</thinker>", "", "<thinker>Rodin</thinker>"),
    ("<", "", "<"),
    ("<thi", "", "<thi"),
    ("  \n", "", "  \n"),
    (" " * 500 + "x", "", " " * 500 + "x"),
]


@pytest.mark.parametrize(("answer", "thought", "text"), CASES)
def test_reasoning_is_separated_from_the_answer_at_any_chunk_boundary(
    answer: str, thought: str, text: str
) -> None:
    dice = random.Random(answer)
    assert reasoning_and_text(read(answer)) == (thought, text)
    assert reasoning_and_text(read(*answer)) == (thought, text)
    for _ in range(50):
        cuts = sorted(dice.choices(range(len(answer) + 1), k=dice.randint(1, 6)))
        pieces = [answer[a:b] for a, b in pairwise([0, *cuts, len(answer)])]
        assert reasoning_and_text(read(*pieces)) == (thought, text)


def test_only_a_possible_tag_is_buffered() -> None:
    tags = ThinkingTags()

    def piece(text: str) -> list[Update]:
        return tags.read([Text(text)])

    assert piece("<thi") == []
    assert piece("nk>Let") == [Reasoning("Let")]
    assert piece(" me see: a <") == [Reasoning(" me see: a ")]
    assert piece(" b") == [Reasoning("< b")]
    assert piece("</think>") == []
    assert piece("So") == [Text("So")]
    assert piece(" it <") == [Text(" it <")]
    assert ThinkingTags().read([Text("At once")]) == [Text("At once")]
    assert ThinkingTags().read([Text("<b>")]) == [Text("<b>")]


def test_buffered_text_precedes_the_update_that_ends_it() -> None:
    for end in (Stopped("length"), ToolCall(0, "a", "f")):
        assert ThinkingTags().read([Text("<thi"), end]) == [Text("<thi"), end]
    tags = ThinkingTags()
    assert tags.read([Text("<thi"), Usage(3), Text("nk>Hm")]) == [
        Usage(3),
        Reasoning("Hm"),
    ]


@given(st.lists(st.text("<think>/ \nXK", max_size=9) | st.sampled_from(TAGS)))
def test_no_word_is_lost(pieces: list[str]) -> None:
    """Tags and blank space may be removed, nothing else."""
    thought, text = reasoning_and_text(read(*pieces))
    assert (thought + text).count("X") == "".join(pieces).count("X")
    assert reasoning_and_text(read("".join(pieces))) == (thought, text)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_possible_tag_is_not_lost_where_the_stream_breaks_off() -> None:
    async def breaks_off() -> AsyncIterator[ServerSentEvent]:
        delta = {"choices": [{"index": 0, "delta": {"content": "<thi"}}]}
        yield ServerSentEvent(data=json.dumps(delta))
        raise ConnectionError("gone")

    stream = await nbstream.stream(breaks_off()).wait()
    assert stream.state == "failed"
    assert stream.text == "<thi"


@pytest.mark.parametrize(
    ("dialect", "name", "chunk"),
    [
        ("ollama", "message", {"message": {"content": "%s"}, "done": False}),
        ("llamacpp", "message", {"content": "%s", "stop": False, "id_slot": 0}),
        ("dify", "message", {"event": "message", "task_id": "t", "answer": "%s"}),
        ("langserve", "data", "%s"),
        ("auto", "message", {"id": "r", "reply": {"content": "%s"}}),
        ("auto", "message", "%s"),
    ],
)
@pytest.mark.parametrize(
    "pieces",
    [["<think>Hm.</think>Yes"], ["<th", "ink>", "Hm.", "</", "think>", "Yes"]],
)
def test_every_format_may_have_tags(
    dialect: str, name: str, chunk: Any, pieces: list[str]
) -> None:
    reader = dialect_named(dialect)
    found: list[Update] = []
    for piece in pieces:
        data = json.dumps(chunk).replace("%s", piece)
        read = reader.read(ServerSentEvent(event=name, data=data))
        if isinstance(read, Reread):
            found = [update for updates in read.readings for update in updates]
        else:
            found += read
    assert [u for u in found if type(u) is not Raw] == [Reasoning("Hm."), Text("Yes")]
