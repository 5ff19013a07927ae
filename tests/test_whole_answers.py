"""Whole answers, from servers that do not stream although asked to, are read as
their streams would be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects import OpenAI, dialect_named
from nbstream.dialects.parts.stop_reasons import make_stop
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Citation,
    Failed,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .compatible_payloads import LIMIT, chunk, read
from .vendor_samples import updates_in

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
            make_stop("max_output_tokens"),
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
            make_stop("max_tokens"),
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
