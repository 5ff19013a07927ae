"""The line of a magic: words, names, bodies."""

from __future__ import annotations

import json

import pytest

from nbstream.magics.line.parsers import stream_parser
from nbstream.magics.line.words import split
from nbstream.magics.template import fill, fill_body, fill_value


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("https://h/x", ["https://h/x"]),
        ("https://h/x -n s", ["https://h/x", "-n", "s"]),
        ("u -H 'X-Key: {key}'", ["u", "-H", "X-Key: {key}"]),
        ('u -H "X-Key: a b"', ["u", "-H", "X-Key: a b"]),
        ("jobs['a b'] --wait", ["jobs['a b']", "--wait"]),
        ("follow(1, -x, 'a b')", ["follow(1, -x, 'a b')"]),
        ('u --json {"a": [1, 2]}', ["u", "--json", '{"a": [1, 2]}']),
        ("u --json '{\"a\": 1}'", ["u", "--json", '{"a": 1}']),
        ("", []),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    """Quotes and brackets hold a word together, so that a Python expression stays
    whole."""
    assert split(line) == words


def test_an_open_quote_is_reported() -> None:
    with pytest.raises(ValueError, match="expected a closing '"):
        split("u -H 'X: 1")


def test_options_may_be_anywhere() -> None:
    options = stream_parser().parse_intermixed_args(
        split("-n a https://h/x -X PUT --retries 3 -H 'A: 1' -H 'B: 2' --wait")
    )
    assert options.source == ["https://h/x"]
    assert (options.name, options.request, options.retries) == ("a", "PUT", 3)
    assert options.header == ["A: 1", "B: 2"]
    assert options.wait is True


def test_names_are_filled_and_unknown_ones_left_alone() -> None:
    namespace = {"host": "h", "n": 3}
    assert fill("https://{host}/{n}/{nothing}{ }", namespace) == (
        "https://h/3/{nothing}{ }"
    )


def test_a_name_alone_is_replaced_by_its_value() -> None:
    """Such as the tools of a request, which are too long for a line."""
    tools = [{"name": "forecast", "days": (1, 2)}]
    namespace = {"tools": tools, "user": "me", "thing": object}
    typed = {"tools": "{tools}", "metadata": {"id": "{user}-{user}", "x": "{unset}"}}
    assert fill_value({**typed, "top_k": 5, "t": "{thing}"}, namespace) == {
        "tools": [{"name": "forecast", "days": [1, 2]}],
        "metadata": {"id": "me-me", "x": "{unset}"},
        "top_k": 5,
        "t": "<class 'object'>",
    }


@pytest.mark.parametrize(
    ("body", "sent", "is_json"),
    [
        ('{"p": "{text}"}', {"p": 'say "hi"\nnow'}, True),
        ('{"p": "{unset}"}', {"p": "{unset}"}, True),
        ('{"n": {number}, "l": {items}}', {"n": 3, "l": [1, None]}, True),
        ("Tell me: {text}", 'Tell me: say "hi"\nnow', False),
    ],
)
def test_a_body_stays_json_with_any_value_of_a_name(
    body: str, sent: object, is_json: bool
) -> None:
    namespace = {"text": 'say "hi"\nnow', "number": 3, "items": [1, None]}
    filled, was_json = fill_body(body, namespace)
    assert was_json is is_json
    assert (json.loads(filled) if is_json else filled) == sent
