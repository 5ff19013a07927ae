"""Invisible characters that reorder or hide text are written by name wherever it is
shown, and stay unchanged in exported text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nbstream.content.mimebundle import bundle_side_by_side
from nbstream.content.transcript import Transcript
from nbstream.text.invisible_characters import (
    escape_invisible,
    escape_invisible_in_code,
    sanitise_for_terminal,
)
from nbstream.updates import (
    Citation,
    Failed,
    LogLine,
    Metric,
    Note,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Unrecognised,
    Update,
)

CASES = json.loads(
    Path(__file__)
    .with_name("cases")
    .joinpath("invisible_characters.json")
    .read_text("utf-8")
)


@pytest.mark.parametrize(("what", "text", "words", "code"), CASES)
def test_the_same_characters_are_named_as_on_the_page(
    what: str, text: str, words: str, code: str
) -> None:
    assert escape_invisible(text) == words, what
    assert escape_invisible_in_code(text) == code, what


@pytest.mark.parametrize(("what", "text", "words", "code"), CASES)
def test_a_written_name_stays_as_it_is(
    what: str, text: str, words: str, code: str
) -> None:
    assert escape_invisible(words) == words, what
    assert escape_invisible_in_code(code) == code, what


def test_a_terminal_shows_them_by_name_too() -> None:
    assert sanitise_for_terminal("a\x1b[1m\u202eb") == "a[1m\\u202eb"


EVIL = "a\u202eb\u2066c\U000e0041\u2028d"
NAMED = "a\\u202eb\\u2066c\\u{e0041}\\u2028d"


@pytest.mark.parametrize(
    "update",
    [
        Text(EVIL),
        Text(f"`{EVIL}`"),
        Text(f"```python\n'{EVIL}'\n```"),
        Text(f"[{EVIL}](https://example.org/)"),
        Text(f"| {EVIL} |\n|---|\n| {EVIL} |\n"),
        Text(f"[x](https://example.org/ '{EVIL}')"),
        Reasoning(EVIL),
        ToolCall(0, name=EVIL, arguments=json.dumps({EVIL: EVIL}, ensure_ascii=False)),
        Progress(EVIL, 1, 2, message=EVIL),
        Metric(EVIL, 1.0, 1),
        LogLine(EVIL, "info"),
        Row({EVIL: EVIL}),
        Row({"nested": {EVIL: [EVIL]}}),
        Citation(title=EVIL, url=f"https://example.org/{EVIL}", quote=EVIL),
        Citation(title="", url=f"https://example.org/{EVIL}", quote=""),
        Note(EVIL),
        Stopped("length", EVIL),
        Raw(EVIL, EVIL, EVIL),
        Unrecognised(EVIL),
        Failed(EVIL, EVIL),
    ],
    ids=lambda update: type(update).__name__,
)
def test_they_are_named_in_all_frozen_output(update: Update) -> None:
    """In every kind of content, as text, as markdown and as HTML."""
    transcript = Transcript()
    transcript.apply(update)
    bundle = transcript.mimebundle(note=EVIL)
    for mime, form in bundle_side_by_side([(EVIL, lambda limit: bundle)]).items():
        assert not re.search("[\u202e\u2066\u2028\U000e0041]", form), mime
        assert NAMED in form, mime


def test_exported_text_is_unchanged() -> None:
    transcript = Transcript()
    transcript.apply(Text(EVIL))
    transcript.apply(ToolCall(0, id="1", name=EVIL, arguments=json.dumps([EVIL])))
    assert transcript.text == EVIL
    assert transcript.tool_calls == [{"id": "1", "name": EVIL, "arguments": [EVIL]}]
    assert transcript.snapshot()[0].payload["text"] == EVIL


def test_hebrew_and_arabic_read_from_the_right() -> None:
    transcript = Transcript()
    transcript.apply(Text("שלום, עולם!\n\nplain\n\n```python\n'שלום'  # x\n```\n"))
    transcript.apply(Row({"city": "القاهرة", "n": 1}))
    html = transcript.mimebundle()["text/html"]
    assert '<p dir="auto" style="text-align:start">שלום, עולם!</p>' in html
    assert "<bdi>&#x27;שלום&#x27;</bdi>" in html
    assert re.search(r'<td dir="auto"[^>]*>القاهرة</td>', html)
    assert "\\u" not in html
