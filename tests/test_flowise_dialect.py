"""Flowise: what each sample means."""

from __future__ import annotations

import pytest

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

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld!"),
        Citation(url="words.txt", quote="Hello is a word."),
        ToolCall(0, "", "weather", '{"city": "Oslo"}'),
        Usage(7, 3),
        Finished(),
    ],
    "error": [Text("Half"), Failed("The chain broke")],
    "abort": [
        Text("Half"),
        Stopped("abort", "The answer was cut: the server broke it off."),
        Finished(),
    ],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"flowise/{name}"), "flowise")) == MEANING[name]


def test_what_has_no_view_is_kept() -> None:
    updates = read(events_of("flowise/text"), "flowise")
    [kept] = [update.data for update in updates if isinstance(update, Raw)]
    assert "chatMessageId" in kept


def test_the_first_token_comes_twice_and_is_shown_once() -> None:
    stream = [
        event_of({"event": "start", "data": "Hel"}),
        event_of({"event": "token", "data": "Hel"}),
        event_of({"event": "thinking", "data": "Hm."}),
    ]
    assert read(stream, "flowise") == [Text("Hel"), Reasoning("Hm.")]


@pytest.mark.parametrize(
    "value",
    [
        *MEASURES,
        {"event": "token", "data": "Hi", "id": 1},
        {"event": "token", "data": {"text": "Hi"}},
        {"event": "end", "data": "[DONE]"},
        {"event": "metadata", "data": {"chatId": "c"}},
        {"event": "start", "data": "Hi"},
    ],
)
def test_home_made_json_is_not_claimed(value: object) -> None:
    assert "flowise" not in formats_of(event_of(value))
