"""LangServe: what each sample means."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Citation,
    Failed,
    Raw,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

from .format_claims import MEASURES, event_of, formats_of
from .vendor_samples import events_of, known, read

MEANING: dict[str, list[Update]] = {
    "strings": [Text("Hello"), Text(", wörld!")],
    "messages": [
        Text("Hello"),
        Text("!"),
        ToolCall(0, "c1", "weather", '{"city":'),
        ToolCall(0, arguments='"Oslo"}'),
        Usage(8, 3),
        Stopped("stop"),
    ],
    "documents": [
        Citation(url="skies.txt", quote="The sky is grey."),
        Text("Grey"),
        Text("."),
    ],
    "log": [Text("Hello"), Text("!")],
    "events": [Text("Hello"), Text("!")],
    "error": [
        Text("Half"),
        Failed("The server failed (500): Internal Server Error. Try again."),
    ],
}


@pytest.mark.parametrize("name", MEANING)
def test_a_sample_has_the_documented_meaning(name: str) -> None:
    assert known(read(events_of(f"langserve/{name}"), "langserve")) == MEANING[name]


def test_what_a_runnable_returns_besides_text_is_kept() -> None:
    updates = read(events_of("langserve/documents"), "langserve")
    kept = [update.data for update in updates if isinstance(update, Raw)]
    assert kept == ['{"run_id": "1ef2"}', '{"question": "Sky?"}', '{"a": 1, "b": 2}']


@pytest.mark.parametrize("value", [v for v in MEASURES if not isinstance(v, str)])
@pytest.mark.parametrize("event", ["message", "data", "metadata", "end"])
def test_home_made_json_is_not_claimed(value: object, event: str) -> None:
    assert "langserve" not in formats_of(event_of(value, event))


def test_metadata_alone_decides_nothing() -> None:
    assert formats_of(event_of({"run_id": "1ef0"}, "metadata")) == []
