"""Vercel's UI message stream: what each sample means."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Citation,
    Ending,
    Failed,
    Finished,
    LogLine,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .format_claims import MEASURES, event_of, formats_of
from .truncation_notices import CUT
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Usage(12, 5, 4, 0),
        Ending(),
        Finished(),
    ],
    # A whole input that repeats its pieces is skipped; one without pieces is read.
    "tools": [
        Reasoning("Which city?"),
        Reasoning("\n\n"),
        Reasoning("Oslo."),
        ToolCall(0, "call_1", "weather"),
        ToolCall(0, arguments='{"city":'),
        ToolCall(0, arguments='"Oslo"}'),
        ToolCall(1, "call_2", "clock"),
        ToolCall(1, arguments='{"zone": "CET"}'),
        LogLine("clock: no clock", "error"),
        Text("Grey."),
        Stopped(
            "length",
            CUT + "it reached the limit of output tokens (length). Ask for more with "
            "--max-tokens.",
        ),
        Ending(),
        Finished(),
    ],
    "sources": [
        Row({"city": "Oslo", "sky": "grey"}),
        Citation("Oslo", "https://weather.example/oslo"),
        Citation("Skies"),
        Text("Look up."),
        Usage(3, 2, None, 1),
        Stopped("stop"),
        Ending(),
        Finished(),
    ],
    "error": [Text("Half"), Failed("The model is not reachable"), Finished()],
    "abort": [
        Text("Half"),
        Stopped("abort", CUT + "the server broke it off. Its reason: user left."),
        Finished(),
    ],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    updates = read(events_of(f"vercel/{name}"), "vercel")
    assert known(updates) == MEANING[name]


def test_an_event_without_a_view_is_kept() -> None:
    updates = read(events_of("vercel/sources"), "vercel")
    [kept] = [update.data for update in updates if isinstance(update, Raw)]
    assert "image/png" in kept


@pytest.mark.parametrize(
    "value",
    [
        *MEASURES,
        {"type": "start"},
        {"type": "start-step"},
        {"type": "finish"},
        {"type": "error", "message": "no"},
        {"type": "text-delta", "text": "Hi"},
        {"type": "file", "url": "a.txt"},
        {"type": "data-point", "data": {"x": 1}},
    ],
)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "vercel" not in formats_of(event_of(value))
