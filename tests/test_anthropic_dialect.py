"""The Messages stream: what each sample of it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from nbstream.dialects import Anthropic
from nbstream.sse import ServerSentEvent
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

from .truncation_notices import CUT
from .vendor_samples import events_of, message, names, read

SAMPLES: dict[str, list[Update]] = {
    "text": [
        Usage(25, 1, 0),
        Text("Hello"),
        Text(", wörld! ✓"),
        Usage(25, 15, 0),
        Stopped("end_turn"),
        Finished(),
    ],
    "pings": [
        Usage(25, 1, 0),
        Text("Late."),
        Usage(25, 4, 0),
        Stopped("stop_sequence"),
        Finished(),
    ],
    "thinking": [
        # Cache reads and cache writes count as input too.
        Usage(1300, 1, 1200),
        Reasoning("27 × 453: "),
        Reasoning("27 × 400 = 10800."),
        Reasoning("\n\n[encrypted]"),
        Text("It is "),
        Text("12231."),
        Usage(1300, 90, 1200, 61),
        Stopped("end_turn"),
        Finished(),
    ],
    "tools": [
        Usage(472, 1, 0),
        Text("Let me look."),
        ToolCall(1, "toolu_01T1x1fJ34qAmk2tNTrN7Up6", "get_weather"),
        ToolCall(1, arguments='{"location": "San'),
        ToolCall(2, "toolu_01NRLabsLyVHZPKxbKvkfSMn", "get_time"),
        ToolCall(2, arguments='{"zone":'),
        ToolCall(1, arguments=' Francisco"}'),
        ToolCall(2, arguments=' "PST"}'),
        # Some servers send the input whole, at the beginning.
        ToolCall(3, "toolu_01Whole", "roll"),
        ToolCall(3, arguments='{"sides": 6}'),
        Usage(472, 89, 0),
        Stopped("tool_use"),
        Finished(),
    ],
    "citations": [
        Usage(610, 1, 0),
        Text("The grass is green"),
        Citation("My Document", "", "The grass is green."),
        Text(" and the sky "),
        Citation("Sky", "", "The sky is blue."),
        Citation("Colours", "https://docs.example/sky", "Blue it is."),
        Text("is blue."),
        Usage(610, 58, 0),
        Stopped("end_turn"),
        Finished(),
    ],
    "web_search": [
        Usage(2679, 1, 0),
        Text("I'll check."),
        ToolCall(1, "srvtoolu_014hJH82Qum7Td6UV8gDXThB", "web_search"),
        ToolCall(1, arguments='{"query": "weather'),
        ToolCall(1, arguments=' NYC today"}'),
        Raw("content_block_start", "web_search_tool_result"),
        Text("It is 12 °C"),
        Citation(
            "Weather in New York City",
            "https://weather.example/nyc",
            "New York: 12 degrees",
        ),
        Text("."),
        Usage(10682, 510, 0),
        Stopped("end_turn"),
        Finished(),
    ],
    "refusal": [
        Usage(25, 1, 0),
        Text("I"),
        Usage(25, 3, 0),
        Stopped(
            "refusal",
            "The model declined to answer. The request asks for working malware.",
        ),
        Finished(),
    ],
    "max_tokens": [
        Usage(25, 1, 0),
        Text("Once upon"),
        Usage(25, 2, 0),
        Stopped(
            "max_tokens",
            CUT + "it reached the limit of output tokens (max_tokens). Ask for more "
            "with --max-tokens.",
        ),
        Finished(),
    ],
    "pause_turn": [
        Usage(25, 1, 0),
        Text("Searching"),
        Usage(25, 12, 0),
        Stopped(
            "pause_turn",
            "The model paused a long turn. Send the conversation back, and it goes on.",
        ),
        Finished(),
    ],
    "window": [
        Usage(25, 1, 0),
        Text("And so"),
        Usage(25, 12, 0),
        Stopped(
            "model_context_window_exceeded",
            CUT + "question and answer fill the model's context window. Ask with less, "
            "or a model with a larger one.",
        ),
        Finished(),
    ],
    "error": [
        Usage(25, 1, 0),
        Text("Half an ans"),
        Failed("The server failed (api_error): Internal server error. Try again."),
    ],
    "overloaded": [
        Failed(
            "The server is overloaded (overloaded_error): Overloaded. Try again in a "
            "while."
        )
    ],
}


def test_every_sample_has_an_expected_meaning() -> None:
    found = {name for name in names() if name.startswith("anthropic/")}
    assert {f"anthropic/{name}" for name in SAMPLES} == found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    updates = read(events_of(f"anthropic/{name}"), "anthropic")
    for i, update in enumerate(updates):
        if isinstance(update, Raw):  # the whole event, of which the list has a word
            expected = SAMPLES[name][i]
            assert isinstance(expected, Raw)
            assert expected.data in update.data
            updates[i] = expected
    assert updates == SAMPLES[name]


@pytest.mark.new_sdk
@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_what_the_sdk_reads(name: str) -> None:
    """So the samples follow the vendor's format, not our reading of it."""
    from anthropic.types.shared import ErrorResponse

    events: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    for event in events_of(f"anthropic/{name}"):
        payload = message(event)
        assert event.event == payload["type"]
        if payload["type"] == "error":
            ErrorResponse.model_validate({"request_id": None, **payload})
        elif payload["type"] != "ping":  # the SDK ignores it
            events.validate_python(payload)


def read_one(payload: dict[str, Any]) -> list[Update]:
    event = ServerSentEvent(event=payload["type"], data=json.dumps(payload))
    return list(Anthropic().read(event))


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("rate_limit_error", "The rate limit is reached"),
        ("api_error", "The server failed"),
        ("timeout_error", "The server took too long"),
        ("invalid_request_error", "The server did not accept the request"),
        ("authentication_error", "The server did not accept the key"),
        ("billing_error", "The account's credit is used up"),
        ("brand_new_error", "The server sent an error"),
    ],
)
def test_an_error_is_a_sentence_with_the_servers_words(kind: str, advice: str) -> None:
    [failed] = read_one(
        {"type": "error", "error": {"type": kind, "message": "So it is"}}
    )
    assert isinstance(failed, Failed)
    assert failed.message.startswith(f"{advice} ({kind}): So it is.")


def test_signatures_are_for_machines() -> None:
    delta = {"type": "signature_delta", "signature": "EqQB"}
    assert read_one({"type": "content_block_delta", "index": 0, "delta": delta}) == []


def test_an_unknown_stop_reason_is_shown() -> None:
    delta = {"stop_reason": "solar_flare", "stop_sequence": None}
    assert read_one({"type": "message_delta", "delta": delta, "usage": {}}) == [
        Stopped("solar_flare", "The server ended the answer: solar_flare.")
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "brand_new"},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "hologram"},
        },
        {"type": "content_block_delta", "index": 0, "delta": {"type": "smell_delta"}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": 5},
        },
        {"type": "message_start", "message": "?"},
        {"type": "message_delta", "delta": []},
    ],
)
def test_an_unknown_event_is_kept(payload: dict[str, Any]) -> None:
    assert read_one(payload) == [Raw(payload["type"], json.dumps(payload))]


def test_input_deltas_override_the_input_sent_whole() -> None:
    block = {"type": "tool_use", "id": "t", "name": "roll", "input": {"sides": 1}}
    delta = {"type": "input_json_delta", "partial_json": '{"sides": 6}'}
    dialect = Anthropic()
    updates: list[Update] = []
    for payload in (
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
    ):
        updates += dialect.read(ServerSentEvent(data=json.dumps(payload)))
    assert updates == [
        ToolCall(0, "t", "roll"),
        ToolCall(0, arguments='{"sides": 6}'),
    ]
