"""Servers compatible with the vendors' APIs: how their answers end, reason, call tools
and fail, and how a whole answer without streaming is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

import nbstream
from nbstream.dialects.parts.stop_reasons import make_stop
from nbstream.display.snapshot import bundle
from nbstream.testing import StartSSEServer, events
from nbstream.updates import (
    Failed,
    Finished,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
)

from .compatible_payloads import DONE, LIMIT, chunk, read

ORDINARY = """
    STOP stop FINISH end_turn eos eos_token EOS_TOKEN COMPLETE load
    stop_sequence STOP_SEQUENCE stopSequence tool-calls
""".split()  # noqa: SIM905 - words


# -- ends ------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ORDINARY)
def test_an_ordinary_end_leaves_no_words_however_it_is_spelled(reason: str) -> None:
    assert make_stop(reason) == Stopped(reason)


@pytest.mark.parametrize(
    "reason",
    ["length", "LENGTH", "max_tokens", "MAX_TOKENS", "maxTokens", "max-tokens"],
)
def test_a_limit_is_one_however_it_is_spelled(reason: str) -> None:
    assert "limit of output tokens" in make_stop(reason).message
    assert f"({reason})" in make_stop(reason).message


@pytest.mark.parametrize("field", ["finish_reason", "finishReason"])
def test_the_reason_of_an_end_is_found(field: str) -> None:
    payload = {"choices": [{"index": 0, "delta": {"content": "Aye"}, field: "STOP"}]}
    assert read([payload, DONE]) == [Text("Aye"), Stopped("STOP"), Finished()]


def test_a_late_end_of_higher_priority_is_reported() -> None:
    """The end of the reasoning is not the end of the answer; the end of a tool call is
    not overridden by the stream's."""
    late = [
        chunk(None, "stop", reasoning_content="Hm."),
        chunk("Half an"),
        chunk(" ans", "length"),
        chunk(None, "stop"),
    ]
    assert read([*late, DONE]) == [
        Reasoning("Hm."),
        Stopped("stop"),
        Text("Half an"),
        Text(" ans"),
        LIMIT,
        Finished(),
    ]
    call = {"index": 0, "function": {"name": "f", "arguments": "{}"}}
    calls = [chunk(None, "tool_calls", tool_calls=[call]), chunk(None, "stop"), DONE]
    assert read(calls)[1:] == [Stopped("tool_calls"), Finished()]


@pytest.mark.anyio
async def test_a_late_limit_is_what_the_stream_stopped_for(
    sse_server: StartSSEServer,
) -> None:
    payloads = [
        json.dumps(chunk("Half", "stop")),
        json.dumps(chunk(" ans", "length")),
        DONE,
    ]
    body = "".join(f"data: {data}\n\n" for data in payloads)
    server = sse_server(events(body))
    stream = await nbstream.stream(server.url, method="POST", json={})
    assert (stream.text, stream.stop_reason) == ("Half ans", "length")
    assert "limit of output tokens" in bundle(stream)[0]["text/plain"]


# -- thinking --------------------------------------------------------------------


def test_thinking_in_the_content_is_reasoning() -> None:
    payloads: list[Any] = [
        chunk("", role="assistant"),
        chunk("<thi"),
        chunk("nk>\nIs 7"),
        chunk(" prime?"),
    ]
    payloads += [chunk("</think>"), chunk("\n\nYes"), chunk(".", "stop"), DONE]
    assert read(payloads) == [
        Reasoning("Is 7"),
        Reasoning(" prime?"),
        Text("Yes"),
        Text("."),
        Stopped("stop"),
        Finished(),
    ]


@pytest.mark.parametrize("end", [[chunk(None, "length"), DONE], [DONE], []])
def test_a_possible_tag_is_not_lost_at_an_end(end: list[Any]) -> None:
    assert read([chunk("<thi"), *end])[0] == Text("<thi")


def test_an_error_does_not_lose_it_either() -> None:
    updates = read([chunk("<thi"), {"error": "gone"}], "openai")
    assert updates[0] == Text("<thi")
    assert isinstance(updates[1], Failed)


# -- calls -----------------------------------------------------------------------


def test_calls_at_one_index_are_kept_apart() -> None:
    def call(id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
        function = {"name": name, "arguments": arguments}
        return chunk(tool_calls=[{"index": 0, "id": id, "function": function}])

    payloads = [call("a", "f", '{"x"'), call("b", "g", None), call("a", None, ":1}")]
    payloads += [call("b", None, {"y": 2}), call("b", "g", '{"y":2}')]
    assert read(payloads, "openai")[:-1] == [
        ToolCall(0, "a", "f", '{"x"'),
        ToolCall(1, "b", "g"),
        ToolCall(0, arguments=":1}"),
        ToolCall(1, arguments='{"y": 2}'),
    ]


# -- errors ----------------------------------------------------------------------


@pytest.mark.parametrize("first", [[], [chunk("Half")]])
def test_an_error_of_a_choice_fails_after_its_content(first: list[Any]) -> None:
    error = {"code": 502, "message": "Provider gone", "metadata": {"raw": "x"}}
    choice = {"index": 0, "delta": {"content": "!"}, "finish_reason": "error"}
    payload = {"id": "gen-1", "choices": [{**choice, "error": error}]}
    updates = read([*first, payload, DONE])
    assert updates == [
        *[Text("Half")] * len(first),
        Text("!"),
        Failed("The server failed (502): Provider gone. Try again."),
    ]


def test_an_end_by_an_error_waits_for_what_it_was() -> None:
    broken = chunk(None, "error")
    cut = Failed("The answer was cut: the server met an error.")
    assert read([chunk("Half"), broken, DONE]) == [Text("Half"), cut, Finished()]
    assert read([chunk("Half"), broken]) == [Text("Half"), cut]
    assert read([chunk("Half"), broken, {"error": {"message": "GPU lost"}}]) == [
        Text("Half"),
        Failed("The server sent an error: GPU lost."),
    ]


@pytest.mark.parametrize("error", [None, False, 0.25, {}, ""])
def test_no_error_is_none(error: Any) -> None:
    assert read([chunk("Well") | {"error": error}])[0] == Text("Well")
