"""Text Generation Inference: what each sample means, and similar events that are not
claimed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects.tgi import TGI
from nbstream.sse import ServerSentEvent
from nbstream.updates import Failed, Finished, Raw, Stopped, Text, Update, Usage

from .truncation_notices import LIMIT
from .vendor_samples import claimed, means

CUT_OFF = LIMIT.format("length")
MEANING: dict[str, list[Update]] = {
    # The end token is special, and the whole text repeats the tokens.
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Usage(6, 3),
        Stopped("eos_token"),
        Finished(),
    ],
    "length": [
        Text("Once"),
        Text(" upon"),
        Usage(6, 2),
        Stopped("length", CUT_OFF),
        Finished(),
    ],
    "no_details": [Text("Yes"), Stopped("eos_token"), Finished()],
    "stop_sequence": [
        Text("A"),
        Text("\nUser:"),
        Usage(6, 2),
        Stopped("stop_sequence"),
        Finished(),
    ],
    "djl": [
        Text("Deep"),
        Text(" Java"),
        Usage(None, 2),
        Stopped("eos_token"),
        Finished(),
    ],
    "error": [
        Text("Half"),
        Failed(
            "The server failed (generation): Request failed during generation: Server "
            "error: CUDA out of memory. Try again."
        ),
    ],
    "refused": [
        Failed(
            "The server did not accept the request (validation): Input validation "
            "error: `inputs` must have less than 4096 tokens. Given: 5000. Mend what "
            "it names."
        )
    ],
}


def test_a_sample_has_the_documented_meaning() -> None:
    assert means("tgi") == MEANING


def token(**fields: Any) -> dict[str, Any]:
    return {"token": {"id": 5, "text": "Hi"} | fields}


@pytest.mark.parametrize(
    "payload",
    [
        token(special=False),
        token(logprob=-1.5),
        token(log_prob=-1),
        token(logprob=None, special=True),
    ],
)
def test_its_events_are_recognised(payload: Any) -> None:
    assert claimed(payload) == ["tgi"]


@pytest.mark.parametrize(
    "payload",
    [
        {"token": "Hi"},
        {"token": {"text": "Hi"}},
        {"token": {"id": 5, "text": "Hi"}},
        {"token": {"text": "Hi", "special": False}},
        {"generated_text": "Hi", "details": {}},
    ],
)
def test_similar_events_are_not_claimed(payload: Any) -> None:
    assert claimed(payload) == []


def test_the_whole_text_counts_where_no_token_had_any() -> None:
    payload = token(text="", special=True) | {"generated_text": "Hi"}
    assert read_one(payload) == [Text("Hi"), Stopped("eos_token"), Finished()]


def test_an_end_without_a_reason_is_an_end() -> None:
    reader = TGI()
    payload = token(special=False) | {"generated_text": "Hi"}
    assert list(reader.read(ServerSentEvent(data=json.dumps(payload)))) == [
        Text("Hi"),
        Finished(),
    ]
    assert list(reader.end()) == []


def test_an_event_without_a_token_is_kept() -> None:
    payload = {"token": None, "generated_text": "Hi"}
    assert read_one(payload) == [Raw("message", json.dumps(payload))]


def read_one(payload: Any) -> list[Update]:
    return list(TGI().read(ServerSentEvent(data=json.dumps(payload))))
