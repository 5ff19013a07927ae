"""Invisible characters that show text in another order than it has, or hide some of it,
are written by name wherever it is shown, and stay in what is taken out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstream.wellformed import harmless, visible, visible_code

CASES = json.loads(Path(__file__).with_name("visible_cases.json").read_text("utf-8"))


@pytest.mark.parametrize(("what", "text", "words", "code"), CASES)
def test_the_same_characters_are_named_as_on_the_page(
    what: str, text: str, words: str, code: str
) -> None:
    assert visible(text) == words, what
    assert visible_code(text) == code, what


@pytest.mark.parametrize(("what", "text", "words", "code"), CASES)
def test_what_is_named_stays_as_it_is(
    what: str, text: str, words: str, code: str
) -> None:
    assert visible(words) == words, what
    assert visible_code(code) == code, what


def test_a_terminal_shows_them_by_name_too() -> None:
    assert harmless("a\x1b[1m\u202eb") == "a[1m\\u202eb"
