"""Assigning pieces of tool calls to calls, as servers send them."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from nbstream.content.transcript import Transcript
from nbstream.dialects.parts.tool_calls import ToolCalls
from nbstream.updates import ToolCall

Piece = tuple[int, Any, str, Any]
"""The place, the id, the name and the arguments."""


def calls_of(*pieces: Piece) -> list[tuple[str, str, Any]]:
    """Return the calls, as id, name and arguments, as a reader of the stream receives
    them."""
    calls, transcript = ToolCalls(), Transcript()
    for piece in pieces:
        for update in calls.read(*piece):
            transcript.apply(update)
    made = transcript.tool_calls
    return [(call["id"], call["name"], call["arguments"]) for call in made]


STREAMS: dict[str, tuple[list[Piece], list[tuple[str, str, Any]]]] = {
    "as OpenAI does": (
        [
            (0, "a", "f", ""),
            (0, None, "", '{"x'),
            (1, "b", "g", ""),
            (1, None, "", "{}"),
            (0, None, "", '":1}'),
        ],
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "id and name with every piece": (
        [(0, "a", "f", '{"x"'), (0, "a", "f", ":1}"), (0, "a", "f", "")],
        [("a", "f", {"x": 1})],
    ),
    "a name with every piece, and no id": (
        [(0, "", "f", '{"x":'), (0, "", "f", '{"y":1}'), (0, "", "f", "}")],
        [("", "f", {"x": {"y": 1}})],
    ),
    "in turns at one index": (
        [
            (0, "a", "f", '{"x"'),
            (0, "b", "f", '{"y"'),
            (0, "a", "", ":1}"),
            (0, "b", "", ":2}"),
        ],
        [("a", "f", {"x": 1}), ("b", "f", {"y": 2})],
    ),
    "in turns at one index, begun without arguments": (
        [
            (0, "a", "f", ""),
            (0, "b", "f", None),
            (0, "b", "", '{"y":2}'),
            (0, "a", "", '{"x":1}'),
        ],
        [("a", "f", {"x": 1}), ("b", "f", {"y": 2})],
    ),
    "whole calls at one index, without ids": (
        [(0, "", "f", '{"x":1}'), (0, "", "f", '{"x":2}'), (0, "", "g", "{}")],
        [("", "f", {"x": 1}), ("", "f", {"x": 2}), ("", "g", {})],
    ),
    "a whole object after complete arguments, without a name": (
        [(0, "", "f", '{"x":'), (0, "", "", "1}"), (0, "", "", '{"x":2}')],
        [("", "f", {"x": 1}), ("", "f", {"x": 2})],
    ),
    "the second call in pieces, after complete arguments": (
        [(0, "", "f", '{"x":1}'), (0, "", "f", '{"x"'), (0, "", "", ":2}")],
        [("", "f", {"x": 1}), ("", "f", {"x": 2})],
    ),
    "one id for all": (
        [(0, "call", "f", '{"x":1}'), (1, "call", "f", '{"x":2}')],
        [("call", "f", {"x": 1}), ("call", "f", {"x": 2})],
    ),
    "the whole once more at the end": (
        [(0, "a", "f", '{"x":'), (0, "a", "", "1}"), (0, "a", "f", '{"x":1}')],
        [("a", "f", {"x": 1})],
    ),
    "the whole once more, spelled in another way": (
        [(0, "a", "f", '{"x":'), (0, "", "", "1}"), (0, "", "f", {"x": 1})],
        [("a", "f", {"x": 1})],
    ),
    "the same tool twice with the same arguments": (
        [(0, "a", "roll", '{"sides":6}'), (0, "b", "roll", '{"sides":6}')],
        [("a", "roll", {"sides": 6}), ("b", "roll", {"sides": 6})],
    ),
    "a new id with each piece": (
        [
            (0, "1", "f", '{"x"'),
            (0, "2", "", ":"),
            (0, "3", "f", "1}"),
            (0, "4", "", ""),
            (0, "5", "f", '{"x":1}'),
        ],
        [("1", "f", {"x": 1})],
    ),
    "an id that comes late": (
        [(0, None, "f", ""), (0, "a", "", '{"x":1}')],
        [("a", "f", {"x": 1})],
    ),
    "ids that are numbers": (
        [(0, 7, "f", '{"x"'), (0, 8, "g", '{"y"'), (0, 7, "", ":1}")],
        [("7", "f", {"x": 1}), ("8", "g", '{"y"')],
    ),
    "arguments as values": (
        [(0, "", "f", {"x": 1}), (0, "", "f", {"x": 2}), (0, "", "g", None)],
        [("", "f", {"x": 1}), ("", "f", {"x": 2}), ("", "g", {})],
    ),
    "arguments as lists of pieces": (
        [(0, "a", "f", ['{"x"', ":"]), (0, "a", "", ["1}"])],
        [("a", "f", {"x": 1})],
    ),
    "brackets and quotes within strings": (
        [
            (0, "", "f", '{"x":"}{\\'),
            (0, "", "", '"'),
            (0, "", "", '{\\\\"'),
            (0, "", "", "}"),
            (0, "", "f", '{"x":""}'),
        ],
        [("", "f", {"x": '}{"{\\'}), ("", "f", {"x": ""})],
    ),
    "words that are not JSON": (
        [(0, "a", "run", "print({})"), (0, "", "", "\nprint({})")],
        [("a", "run", "print({})\nprint({})")],
    ),
    "true is not 1": (
        [(0, "", "f", '{"x":1}'), (0, "", "f", '{"x":true}')],
        [("", "f", {"x": 1}), ("", "f", {"x": True})],
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_pieces_are_assigned_to_their_calls(name: str) -> None:
    pieces, calls = STREAMS[name]
    assert calls_of(*pieces) == calls


@pytest.mark.parametrize("name", STREAMS)
def test_each_call_has_a_unique_index_and_is_named_once(name: str) -> None:
    calls = ToolCalls()
    updates = [u for piece in STREAMS[name][0] for u in calls.read(*piece)]
    seen: dict[int, tuple[str, str]] = {}
    for update in updates:
        id, called = seen.get(update.index, ("", ""))
        assert not (id and update.id)
        assert not (called and update.name)
        seen[update.index] = (id or update.id, called or update.name)
    assert len(seen) == len(STREAMS[name][1])


def test_the_servers_number_is_kept_where_it_is_free() -> None:
    calls = ToolCalls()
    assert calls.read(3, "a", "f", "{}") == [ToolCall(3, "a", "f", "{}")]
    assert calls.read(3, "b", "f", "{}") == [ToolCall(4, "b", "f", "{}")]
    assert calls.read(9) == []


def test_memory_has_bounds() -> None:
    """For any number and length of calls, a few megabytes are kept."""
    calls = ToolCalls()
    tracemalloc.start()
    try:
        for number in range(2000):
            [update] = calls.read(number, f"id {number}", "f", "{" + "x" * 20_000)
            assert update.index == number
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept <= 1000 * 17 * 1024, "of 1000 calls, 16 K each"
    long = json.dumps({"x": "y" * 100_000})
    pieces: list[Piece] = [(0, "", "f", long), (0, "", "f", long)]
    assert len(calls_of(*pieces)) == 1
