"""Splitting a line into words, as a shell does."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.magics.line.words import join_continued, split


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('--max-time="5"', ["--max-time=5"]),
        ("-H'A: b' -d'{\"a\": 1}'", ["-HA: b", '-d{"a": 1}']),
        ('--json=\'{"a": "b c"}\'', ['--json={"a": "b c"}']),
        (r"'it'\''s'", ["it's"]),
        (r'"a \" b" "a\nb" "\\"', ['a " b', r"a\nb", "\\"]),
        (r"a\ b https://h/x\?a=1\&b=2", ["a b", "https://h/x?a=1&b=2"]),
        ("curl \\   -N \\\n  'u' \\", ["curl", "-N", "u"]),
        ('-d a\\\nb "c\\\nd"', ["-d", "ab", "cd"]),
        ("-d '' -n s", ["-d", "", "-n", "s"]),
        (r"$'a\n\t\'\\b' x$'\x41\u00e9\101'", ["a\n\t'\\b", "xAéA"]),
        (r"$'\xc3\xa9 \ud83d\ude00 \xff'", ["é 😀 \ufffd"]),
        ("'X-Key: '{key}", ["X-Key: {key}"]),
        (r"--record C:\runs\new.jsonl", ["--record", r"C:\runs\new.jsonl"]),
        ("gen(1, \"a  b\") {name} ['x y']", ['gen(1, "a  b")', "{name}", "['x y']"]),
        (r'--json {"a": "it\'s \" }"}', ["--json", r'{"a": "it\'s \" }"}']),
    ],
)
def test_words_are_read_as_a_shell_reads_them(line: str, words: list[str]) -> None:
    """Quotes are removed anywhere in a word; brackets keep theirs, since Python and
    JSON need them."""
    assert split(line) == words


def test_the_typed_text_is_kept_for_python() -> None:
    assert [word.raw for word in split("""f('a')  x or 'b c'""")] == [
        "f('a')",
        "x",
        "or",
        "'b c'",
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_words_come_back_from_a_shells_quotes(words: list[str]) -> None:
    """Python's own quoting for a shell is undone."""
    assert split(shlex.join(words)) == words


def test_variables_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a shell, not within single quotes; unset variables are unchanged."""
    monkeypatch.setenv("TOKEN", "t k")
    monkeypatch.delenv("UNSET", raising=False)
    assert split(
        '"B $TOKEN" x=${TOKEN} \'$TOKEN\' "\\$TOKEN" $UNSET {"a":"$TOKEN"}'
    ) == [
        "B t k",
        "x=t k",
        "$TOKEN",
        "$TOKEN",
        "$UNSET",
        '{"a":"$TOKEN"}',
    ]


@pytest.mark.parametrize("line", ["'a", 'x "a', "$'a", "f('a", '-d "a\\"'])
def test_an_open_quote_is_reported(line: str) -> None:
    with pytest.raises(ValueError, match="expected a closing"):
        split(line)


def test_a_line_continues_in_the_cell() -> None:
    """After a backslash; and in a pasted command, within a quote."""
    assert join_continued("u -n s \\", " -d x \\  \n -X PUT\nbody\n") == (
        "u -n s \\\n -d x \\\n -X PUT",
        "body\n",
    )
    assert join_continued("curl u -d '{", '"a": 1}\'\nbody') == (
        "curl u -d '{\n\"a\": 1}'",
        "body",
    )
    assert join_continued("u -d 'a", "it's") == ("u -d 'a", "it's")
    assert join_continued("u C:\\\\", "body") == ("u C:\\\\", "body")
