"""Literal keys in a cell are refused, with advice; ordinary words are not."""

from __future__ import annotations

import pytest

from nbstream.models import key_in

from .shell import Shell

KEYS = [
    "sk-ant-api03-" + "aB3dE" * 8,
    "sk-proj-" + "a1B2" * 10,
    "sk-or-v1-" + "0f" * 30,
    "sk-" + "a1B2c3D4" * 5,
    "gsk_" + "a1B2" * 12,
    "xai-" + "a1B2" * 12,
    "pplx-" + "a1B2" * 12,
    "hf_" + "a1B2" * 9,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "AIzaSy" + "a1B2" * 8,
    "AKIA" + "A1B2" * 4,
]
WORDS = [
    "the risk-adjusted-return-on-capital-2024-and-later",
    "a task-force-of-the-2024-summer-olympics",
    "https://host/sk-an-article-about-many-things",
    "sk-learn",
    "Say sk-ant-... or $ANTHROPIC_API_KEY",
    "flask-2024-11-22-release-notes-and-more",
    "half_transformers_of_2024_and_later",
    "8b1a9953c4611296a827abf8c47804d7",
    "{sk}-{ant}",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_told(key: str) -> None:
    for text in (key, f'"{key}"', f"Bearer {key}", f"x={key}", f"My key is {key}."):
        found = key_in(text)
        assert found is not None
        assert key.startswith(found.removesuffix("…"))
        assert len(found) < 9


@pytest.mark.parametrize("words", WORDS)
def test_a_word_is_not(words: str) -> None:
    assert key_in(words) is None


@pytest.mark.parametrize(
    "cell",
    [
        "%%stream claude --key-env {key}\nHi",
        "%%stream claude\nMy key is {key}.",
        "%stream http://127.0.0.1:1/x -H 'X-Key: {key}'",
        "%stream http://127.0.0.1:1/x?key={key}",
        "%%stream\nyield '{key}'",
    ],
    ids=["line", "body", "header", "address", "code"],
)
def test_a_cell_with_one_is_refused(shell: Shell, cell: str) -> None:
    printed = shell.run(cell.replace("{key}", KEYS[0]))
    assert printed.startswith("UsageError: This cell holds what looks like a key")
    assert "--key-env NAME" in printed
    assert KEYS[0] not in printed
    assert shell.run("%streams") == "No streams yet.\n"
