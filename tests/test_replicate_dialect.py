"""Replicate's predictions: what each sample means, and similar events that are not
claimed."""

from __future__ import annotations

import pytest

from nbstream.updates import (
    Failed,
    Finished,
    LogLine,
    Raw,
    Stopped,
    Text,
    Update,
)

from .vendor_samples import claimed, means

END: list[Update] = [Stopped("done"), Finished()]
MEANING: dict[str, list[Update]] = {
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Text("\n"),
        Text(" More"),
        *END,
    ],
    "logs": [
        LogLine("Loading weights"),
        LogLine("Ready"),
        Text("Hi"),
        LogLine("  50%|#####"),
        *END,
    ],
    "canceled": [
        Text("Half"),
        Stopped("canceled", "The answer was cancelled at the server."),
        Finished(),
    ],
    "error": [Text("Half"), Failed("CUDA out of memory"), Finished()],
    "failed": [Text("Half"), Failed("the prediction failed")],
    "picture": [Raw("output", "data:image/webp;base64,UklGRg=="), *END],
}


def test_a_sample_has_the_documented_meaning() -> None:
    assert means("replicate") == MEANING


def test_its_events_are_recognised_by_their_types_and_ids() -> None:
    assert claimed("Hi", "output", "1690212292:0") == ["replicate"]
    assert claimed("Loading", "logs", "1690212292:0") == ["replicate"]


@pytest.mark.parametrize(
    ("event", "id"),
    [
        ("output", ""),
        ("output", "7"),
        ("output", "a:0"),
        ("message", "1690212292:0"),
        ("done", "1690212292:0"),
    ],
)
def test_similar_events_are_not_claimed(event: str, id: str) -> None:
    assert claimed("Hi", event, id) == []
