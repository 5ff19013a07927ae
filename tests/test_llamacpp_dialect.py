"""llama.cpp's own format: what each sample means, and what is not taken for it."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.updates import (
    Ending,
    Failed,
    Progress,
    Raw,
    Stopped,
    Text,
    Update,
    Usage,
)

from .truncation_notices import LIMIT
from .vendor_samples import claimed, events_of, means

CUT_OFF = LIMIT.format("limit")
TWO = [event.data for event in events_of("llamacpp/two_prompts")]
MEANING: dict[str, list[Update]] = {
    # Neither the prompt nor the settings, which the last event repeats, are shown.
    "text": [
        Text("Hello"),
        Text(", wörld! ✓"),
        Usage(9, 2, 4),
        Stopped("eos"),
        Ending(),
    ],
    "limit": [
        Text("Once"),
        Text(" upon"),
        Usage(9, 2, 4),
        Stopped("limit", CUT_OFF),
        Ending(),
    ],
    "word": [Text("A"), Usage(9, 1, 4), Stopped("word"), Ending()],
    # Progress of reading the prompt, if the request has `return_progress`.
    "progress": [
        Progress("prompt", 4, 8, 50),
        Progress("prompt", 8, 8, 100),
        Text("Ja"),
        Usage(9, 1, 4),
        Stopped("eos"),
        Ending(),
    ],
    "older": [Text("Hel"), Text("lo"), Usage(3, 2), Stopped("eos"), Ending()],
    "error": [
        Text("Half"),
        Failed("The server failed (500): context shift is disabled. Try again."),
    ],
    # The second prompt's answer may come after the first one's end.
    "two_prompts": [
        Text("One"),
        Raw("message", TWO[1]),
        Usage(9, 1, 4),
        Stopped("eos"),
        Ending(),
        Raw("message", TWO[3]),
    ],
}


def test_what_each_sample_means() -> None:
    assert means("llamacpp") == MEANING


@pytest.mark.parametrize(
    "own",
    [
        {"id_slot": 0},
        {"slot_id": 0, "multimodal": False},
        {"tokens_predicted": 1},
        {"stop_type": "none"},
        {"index": 0, "tokens": [1]},
    ],
)
def test_its_events_are_known(own: Any) -> None:
    assert claimed({"content": "Hi", "stop": False} | own) == ["llamacpp"]


@pytest.mark.parametrize(
    "payload",
    [
        {"content": "Hi"},
        {"content": "Hi", "stop": False},
        {"content": "Hi", "stop": False, "index": 0, "model": "m"},
        {"content": "Hi", "stop": "eos", "id_slot": 0},
        {"content": "Hi", "tokens": 3, "model": "m"},
        {"stop": False, "id_slot": 0},
    ],
)
def test_what_is_somewhat_like_it_is_not_taken_for_it(payload: Any) -> None:
    assert claimed(payload) == []
