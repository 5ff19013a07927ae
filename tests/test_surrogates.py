"""Characters that were split between events, and halves of surrogate pairs that stay
alone."""

from __future__ import annotations

import json

import pytest

from nbstream import StreamFailed, stream
from nbstream.content.surrogates import SurrogateJoiner, may_have_lone_surrogates
from nbstream.display.snapshot import bundle
from nbstream.sse import ServerSentEvent
from nbstream.updates import LogLine, Reasoning, Row, Text, ToolCall, Update

pytestmark = pytest.mark.anyio

HIGH, LOW = "\ud83d", "\ude00"


def test_an_emoji_cut_between_two_events_is_one() -> None:
    """In each kind that grows separately, with other kinds in between."""
    joiner = SurrogateJoiner()
    cut: list[Update] = [
        ToolCall(index=1, name="f", arguments=f'"a{HIGH}'),
        ToolCall(index=2, name="g", arguments=f'"b{HIGH}'),
        Text(f"so {HIGH}"),
        ToolCall(index=2, arguments=f'{LOW}"'),
        ToolCall(index=1, arguments=f'{LOW}"'),
        Text(f"{LOW}!"),
    ]
    assert [joiner.join(update) for update in cut] == [
        ToolCall(index=1, name="f", arguments='"a'),
        ToolCall(index=2, name="g", arguments='"b'),
        Text("so "),
        ToolCall(index=2, arguments='😀"'),
        ToolCall(index=1, arguments='😀"'),
        Text("😀!"),
    ]


async def test_a_stream_of_halves_can_be_shown_and_kept() -> None:
    """Also where the error that ends it quotes one."""
    made = stream(
        iter([f"a{HIGH}", f"{LOW}b", {"type": "error", "message": f"no {LOW}"}])
    )
    with pytest.raises(StreamFailed, match="no \ufffd"):
        await made
    assert made.text == "a😀b"
    data, metadata = bundle(made)
    assert json.dumps([data, metadata, made.reason], ensure_ascii=False).encode()


def test_a_lone_half_is_shown_as_such() -> None:
    """Everything can be sent to a page, wherever in an update the half is."""
    joiner = SurrogateJoiner()
    assert joiner.join(Text(f"{LOW} x")) == Text("\ufffd x")
    assert joiner.join(Text(HIGH)) == Text("")
    assert joiner.join(Text("x")) == Text("\ufffdx")
    assert joiner.join(LogLine(HIGH, level=LOW)) == LogLine("\ufffd", level="\ufffd")
    row = Row({f"k{LOW}": [1, {"a": f"{HIGH}{LOW}"}], "n": None})
    assert joiner.join(row) == Row({"k\ufffd": [1, {"a": "😀"}], "n": None})


@pytest.mark.parametrize(
    "data",
    [
        r'{"type": "content", "data": "a\ud83d"}',
        r'{"type": "content", "data": "\uDE00 b"}',
        r'{"type": "content", "data": "\ud83d \ude00"}',
        r'{"type": "item", "data": {"a": ["\ud83d\ud83d\ude00"]}}',
        r'{"type": "item", "data": {"a": ["\ud83d\ude00\ude00"]}}',
        r'{"type": "item", "data": {"\ud83d": 1}}',
        # Not a pair: the first is an escaped backslash.
        r'{"type": "content", "data": "\\ud83d\ude00"}',
        '{"type": "content", "data": "a\ud83d"}',
        '{"type": "log", "message": "\ude00"}',
    ],
)
async def test_a_half_is_found_however_it_is_written(data: str) -> None:
    """The check is quick, so that not every update has to be searched."""
    made = stream(iter([ServerSentEvent(data=data)]))
    updates = [update async for update in made]
    await made
    assert "\ufffd" in repr(updates)
    payloads = [patch.payload for patch in made.transcript.snapshot()]
    assert json.dumps([payloads, made.mimebundle()], ensure_ascii=False).encode()


async def test_halves_in_json_within_json_are_found() -> None:
    """Vendors put a call's arguments, and patches, into a string of JSON."""
    for inner in (r'{"x": "\ud83d"}', r'{"x": "\ud83d\ude00"}', r"\u005cud83d"):
        outer = json.dumps({"type": "content", "data": inner})
        assert may_have_lone_surrogates(outer.replace(r"\\u005c", r"\u005c"))


def test_whole_characters_are_no_halves() -> None:
    """Python's own JSON escapes every emoji as a pair: those need no search."""
    for text in ("a", "ä 😀", json.dumps({"a": "ä 😀😀 中\u05d0"}), r"\u00d8", "\\u"):
        assert not may_have_lone_surrogates(text)


def test_what_is_whole_is_left_as_it_is() -> None:
    for update in (Text("ä 😀"), Reasoning("x"), Row({"a": ["ö"]}), LogLine("x")):
        assert SurrogateJoiner().join(update) is update


async def test_a_half_at_the_very_end_is_shown_as_such() -> None:
    call = {"type": "tool_call", "name": "f", "arguments": '{"x": "' + HIGH}
    made = stream(iter([f"a{HIGH}", call]))
    await made
    assert made.text == "a\ufffd"
    assert made.tool_calls[0]["arguments"] == '{"x": "\ufffd'
