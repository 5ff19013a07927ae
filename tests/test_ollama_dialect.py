"""Ollama's own formats: what each sample means, and similar events that are not
claimed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.dialects import dialect_named
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    Finished,
    Progress,
    Raw,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .truncation_notices import LIMIT
from .vendor_samples import claimed, events_of, means

CUT_OFF = LIMIT.format("length")
LAYER = "pulling 6a0746a1ec1a"
END: list[Update] = [Usage(26, 282), Stopped("stop"), Finished()]
MEANING: dict[str, list[Update]] = {
    "chat": [Text("Hello"), Text(", wörld! ✓"), *END],
    "thinking": [Reasoning("Let me "), Reasoning("see."), Text("42"), *END],
    # Older servers give a call neither an id nor an index.
    "tools": [
        ToolCall(0, "", "get_weather", '{"city": "Oslo"}'),
        ToolCall(1, "call_2", "get_time", "{}"),
        *END,
    ],
    "generate": [
        Reasoning("Hm."),
        Text("Once"),
        Text(" upon"),
        Usage(26, 2),
        Stopped("length", CUT_OFF),
        Finished(),
    ],
    # A request without a prompt only loads the model.
    "load": [Finished()],
    "picture": [
        Progress("", 1, 4, 25),
        Progress("", 4, 4, 100),
        Raw("message", events_of("ollama/picture")[-1].data),
        Stopped("stop"),
        Finished(),
    ],
    # A bar for each layer, and a line for the rest.
    "pull": [
        Progress(message="pulling manifest"),
        Progress(LAYER, 0, 2000, 0),
        Progress(LAYER, 500, 2000, 25),
        Progress(LAYER, 2000, 2000, 100),
        Progress(message="verifying sha256 digest"),
        Progress(message="writing manifest"),
        Progress(message="success"),
        Finished(),
    ],
    "error": [
        Text("Half"),
        Failed(
            "an error was encountered while running the model: unexpected EOF",
        ),
    ],
    "pull_error": [
        Progress(message="pulling manifest"),
        Failed("pull model manifest: file does not exist"),
    ],
}


def test_a_sample_has_the_documented_meaning() -> None:
    assert means("ollama") == MEANING


STAMP = {"model": "llama3.2", "created_at": "2025-10-17T23:14:07Z", "done": False}


@pytest.mark.parametrize(
    "payload",
    [
        STAMP | {"message": {"role": "assistant", "content": "Hi"}},
        STAMP | {"response": "Hi"},
        {"status": "pulling manifest"},
        {"status": "starting upload", "digest": "sha256:bc07c", "total": 19},
    ],
)
def test_its_lines_are_recognised(payload: Any) -> None:
    assert claimed(payload) == ["ollama"]


@pytest.mark.parametrize(
    "payload",
    [
        {"response": "Hi"},
        {"response": "Hi", "done": False},
        {"message": {"content": "Hi"}, "done": True},
        {"model": "m", "response": "Hi", "done": False},
        STAMP,
        {"status": "pulling"},
        {"status": "success"},
        {"status": "running", "completed": 3, "total": 5},
        {"status": "built", "digest": "latest"},
    ],
)
def test_similar_events_are_not_claimed(payload: Any) -> None:
    assert claimed(payload) == []


def test_a_pull_that_breaks_off_is_reported() -> None:
    reader = dialect_named("ollama")
    *payload, _ = events_of("ollama/pull")
    for event in payload:
        reader.read(event)
    [cut] = reader.end()
    assert isinstance(cut, Stopped)
    assert cut.reason == "cut_off"


def test_an_unexpected_type_is_kept() -> None:
    """Nothing that was received is lost, of any type."""
    for wrong in ({"message": {"content": [1]}}, {"message": "Hi"}, {"response": 7}):
        event = ServerSentEvent(data=json.dumps(STAMP | wrong))
        assert dialect_named("ollama").read(event) == [Raw("message", event.data)]
