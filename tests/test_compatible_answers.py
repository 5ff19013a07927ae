"""Servers compatible with the vendors' APIs: how their answers end, reason, call tools
and fail, and how a whole answer without streaming is read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

import nbstream
from nbstream.dialects import OpenAI, dialect_named
from nbstream.dialects.parts.stop_reasons import stopped
from nbstream.display.snapshot import bundle
from nbstream.sse import ServerSentEvent
from nbstream.testing import StartSSEServer, events
from nbstream.updates import (
    Citation,
    Failed,
    Finished,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .vendor_samples import updates_in

DONE = "[DONE]"
LIMIT = stopped("length")
ORDINARY = """
    STOP stop FINISH end_turn eos eos_token EOS_TOKEN COMPLETE load
    stop_sequence STOP_SEQUENCE stopSequence tool-calls
""".split()  # noqa: SIM905 - words


def chunk(
    content: Any = None, reason: str | None = None, **delta: Any
) -> dict[str, Any]:
    payload = {"content": content, **delta} if content is not None else delta
    return {"choices": [{"index": 0, "delta": payload, "finish_reason": reason}]}


def read(values: Iterable[Any], dialect: str = "auto") -> list[Update]:
    """Return the updates of a stream of these, its end included."""
    reader = dialect_named(dialect)
    updates: list[Update] = []
    for value in values:
        data = value if isinstance(value, str) else json.dumps(value)
        updates += updates_in(reader, ServerSentEvent(data=data))
        if any(isinstance(update, Finished | Failed) for update in updates):
            return updates
    return [*updates, *reader.end()]


# -- ends ------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ORDINARY)
def test_an_ordinary_end_leaves_no_words_however_it_is_spelled(reason: str) -> None:
    assert stopped(reason) == Stopped(reason)


@pytest.mark.parametrize(
    "reason",
    ["length", "LENGTH", "max_tokens", "MAX_TOKENS", "maxTokens", "max-tokens"],
)
def test_a_limit_is_one_however_it_is_spelled(reason: str) -> None:
    assert "limit of output tokens" in stopped(reason).message
    assert f"({reason})" in stopped(reason).message


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


# -- whole answers ---------------------------------------------------------------

CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1764236400,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "<think>Hm.</think>High",
                "refusal": None,
                "annotations": [],
                "tool_calls": [
                    {
                        "id": "a",
                        "type": "function",
                        "function": {"name": "f", "arguments": '{"x":1}'},
                    }
                ],
            },
            "logprobs": None,
            "finish_reason": "length",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
}
COMPLETION: dict[str, Any] = {
    "id": "cmpl-1",
    "object": "text_completion",
    "choices": [{"index": 0, "text": "High", "finish_reason": "stop"}],
}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "status": "incomplete",
    "incomplete_details": {"reason": "max_output_tokens"},
    "output": [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "High",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://t.example",
                            "title": "T",
                        }
                    ],
                }
            ],
        },
        {
            "type": "function_call",
            "call_id": "a",
            "name": "f",
            "arguments": '{"x":1}',
        },
    ],
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "Eq"},
        {
            "type": "text",
            "text": "High",
            "citations": [{"type": "char_location", "document_title": "T"}],
        },
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
    ],
    "stop_reason": "max_tokens",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
WHOLE: list[tuple[dict[str, Any], list[Update]]] = [
    (
        CHAT,
        [
            Reasoning("Hm."),
            Text("High"),
            ToolCall(0, "a", "f", '{"x":1}'),
            LIMIT,
            Usage(3, 5),
        ],
    ),
    (COMPLETION, [Text("High"), Stopped("stop")]),
    (
        RESPONSE,
        [
            Reasoning("Hm."),
            Text("High"),
            Citation("T", "https://t.example"),
            ToolCall(2, "a", "f"),
            ToolCall(2, arguments='{"x":1}'),
            Usage(3, 5),
            stopped("max_output_tokens"),
        ],
    ),
    (
        MESSAGE,
        [
            Reasoning("Hm."),
            Text("High"),
            Citation("T"),
            ToolCall(2, "a", "f"),
            ToolCall(2, arguments='{"x": 1}'),
            Usage(3, 5),
            stopped("max_tokens"),
        ],
    ),
]


@pytest.mark.parametrize(("whole", "updates"), WHOLE)
def test_a_whole_answer_is_read_as_its_stream_would_be(
    whole: dict[str, Any], updates: list[Update]
) -> None:
    assert read([whole]) == updates


@pytest.mark.parametrize("status", ["in_progress", "queued"])
def test_a_response_that_has_no_answer_yet_is_kept(status: str) -> None:
    payload = {"object": "response", "status": status, "output": []}
    assert read([payload]) == [Raw("message", json.dumps(payload))]


def test_a_part_of_a_whole_answer_that_is_not_known_is_kept() -> None:
    item = {"type": "hologram", "x": 1}
    for whole, field in ((RESPONSE, "output"), (MESSAGE, "content")):
        updates = read([{**whole, field: [*whole[field], item]}])
        assert isinstance(updates[0], Raw)
        assert json.loads(updates[0].data)[field][-1] == item
        assert updates[1:3] == [Reasoning("Hm."), Text("High")]


def test_a_response_that_failed_fails() -> None:
    error = {"code": "server_error", "message": "No."}
    payload = {"object": "response", "status": "failed", "output": [], "error": error}
    assert read([payload]) == [
        Failed("The server failed (server_error): No. Try again.")
    ]


def test_a_response_that_only_comes_at_its_end_is_read_there() -> None:
    payload = {
        "type": "response.completed",
        "sequence_number": 9,
        "response": RESPONSE,
    }
    assert Text("High") in read([payload])
    delta = {"type": "response.output_text.delta", "sequence_number": 1}
    delta |= {"output_index": 1, "content_index": 0, "delta": "High"}
    assert read([delta, payload]).count(Text("High")) == 1


def test_a_whole_message_after_its_deltas_adds_nothing() -> None:
    payloads = [chunk("High"), chunk("", None)]
    payloads[1]["choices"][0]["message"] = {"role": "assistant", "content": "High"}
    last = {"choices": [{"index": 0, "message": {"content": "High"}}]}
    assert [u for u in read([*payloads, last]) if isinstance(u, Text)] == [Text("High")]


def test_another_servers_text_in_the_format_is_kept() -> None:
    """Only the SDK's own events, which have all that came so far, add nothing."""
    delta = {"type": "text_delta", "text": "High"}
    payload = {"type": "content_block_delta", "index": 0, "delta": delta}
    other = {"type": "text", "text": "and dry"}
    helper = {"type": "text", "text": "High", "snapshot": "High"}
    assert read([payload, helper, other], "anthropic") == [
        Text("High"),
        Raw("message", json.dumps(other)),
    ]


def test_what_is_called_a_message_and_is_none_is_kept() -> None:
    payload = {"type": "message", "content": "words"}
    reader = dialect_named("anthropic")
    assert list(updates_in(reader, ServerSentEvent(data=json.dumps(payload)))) == [
        Raw("message", json.dumps(payload))
    ]
    assert list(OpenAI().read(ServerSentEvent(data=json.dumps(payload)))) == [
        Raw("message", json.dumps(payload))
    ]
