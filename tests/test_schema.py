"""An answer that has to be JSON: parsed, validated, and its errors reported."""

from __future__ import annotations

import datetime
from typing import Any

import pydantic
import pytest

from nbstream import AnswerInvalid
from nbstream.models import Schema
from nbstream.models.answer import read_json

TRIP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "stops": {
            "type": "array",
            "items": {"type": "object", "properties": {"days": {"type": "integer"}}},
        }
    },
    "required": ["stops"],
}


class Stop(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    on: datetime.date
    days: int


class Trip(pydantic.BaseModel):
    stops: list[Stop]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '\n {"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}```\n',
        '\n```JSON\n{\n  "a": 1\n}\n```',
    ],
)
def test_json_is_read_with_or_without_a_fence(text: str) -> None:
    assert read_json(text) == {"a": 1}


def test_a_fence_within_a_string_is_content() -> None:
    assert read_json('{"code": "```\\nx\\n```"}') == {"code": "```\nx\n```"}


@pytest.mark.parametrize("text", ["", "Sure! Here it is.", '{"a":', "[" * 100_000])
def test_invalid_json_is_reported(text: str) -> None:
    with pytest.raises(AnswerInvalid, match="Expected JSON, but it is not: ") as caught:
        read_json(text)
    assert repr(text[:80]) in str(caught.value)
    assert "`.text`" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_value_of_a_schema() -> None:
    answer = '{"stops": [{"days": 2}]}'
    assert Schema(TRIP).read(answer) == {"stops": [{"days": 2}]}


def test_the_path_of_a_violation_is_reported() -> None:
    with pytest.raises(AnswerInvalid) as caught:
        Schema(TRIP, "trip").read('{"stops": [{"days": 2}, {"days": "two"}]}')
    assert str(caught.value) == (
        "Expected an answer of trip, but it is not: at $.stops[1].days: 'two' is not "
        "of type 'integer'. What came is in `.text`."
    )


def test_a_pydantic_model_gives_its_instance() -> None:
    """Strict models too: types that JSON lacks are parsed from text."""
    trip = Schema(Trip).read('{"stops": [{"on": "2026-11-22", "days": 2}]}')
    assert trip == Trip(stops=[Stop(on=datetime.date(2026, 11, 22), days=2)])


def test_the_path_of_a_violation_of_a_model_is_reported() -> None:
    with pytest.raises(AnswerInvalid) as caught:
        Schema(Trip, "Trip").read('{"stops": [{"on": "2026-11-22", "days": "two"}]}')
    assert str(caught.value) == (
        "Expected an answer of Trip, but it is not: at $.stops[0].days: Input should "
        "be a valid integer. What came is in `.text`."
    )


def test_an_invalid_schema_is_reported_at_once() -> None:
    with pytest.raises(TypeError, match=r"Expected trip to be a JSON schema.*got list"):
        Schema([], "trip")


def test_objects_are_closed_at_every_level() -> None:
    sent = Schema(TRIP).as_json()
    assert sent["additionalProperties"] is False
    assert sent["properties"]["stops"]["items"]["additionalProperties"] is False
    assert "additionalProperties" not in TRIP  # the user's own is left alone
    open_one = {"type": "object", "properties": {}, "additionalProperties": True}
    assert Schema(open_one).as_json() == open_one


def test_it_is_strict_where_every_key_is_required() -> None:
    assert Schema(Trip).strict
    assert not Schema(TRIP).strict  # `days` may be left out


def test_a_name_is_valid_for_the_vendors() -> None:
    assert Schema(TRIP, "Größe of it").name == "Gr__e_of_it"


@pytest.mark.parametrize(
    "text",
    [
        'Here it is:\n```json\n{"a": 1}\n```\nAnything else?',
        'Here it is: {"a": 1}',
        '{"a": 1}\n\nThis is what you asked for.',
        'Sure [1], as {so} to say: {"a": 1}. See [2].',
        # A value that is repeated is one answer; a fence has priority over an example
        # before it.
        'First {"a": 1}, so:\n```\n{ "a": 1 }\n```',
        'Given {"b": 2}, it is\n```json\n{"a": 1}\n```',
        # Not closed, as where a stop sequence removed the fence's end.
        'Here:\n```json\n{"a": 1}\n',
        '~~~\n{"a": 1}\n~~~',
    ],
)
def test_json_is_found_in_an_answer(text: str) -> None:
    assert read_json(text) == {"a": 1}


def test_a_list_is_found_where_there_is_no_object() -> None:
    assert read_json('The ports are ["Hull", "Oslo"].') == ["Hull", "Oslo"]
    assert read_json("It has ```\n[1, 2]\n``` of them [3].") == [1, 2]


def test_a_fence_in_a_string_is_content_of_a_fenced_answer_too() -> None:
    text = 'Here:\n```json\n{"code": "```\\nx = {}\\n```"}\n```\nDone.'
    assert read_json(text) == {"code": "```\nx = {}\n```"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("It is {so} and [so].", "Expecting value"),
        # A complete value inside a truncated or invalid one is not the answer.
        ('Here: {"a": {"b": 1}, "c":', "Expecting value"),
        ('Here: [{"a": 1}, {"a": 2', "Expecting"),
        ('```json\n{"a": {"b": 1}, "c": oops}\n```', "Expecting value"),
        ('Either {"a": 1} or {"a": 2}.', "it has 2 values that differ"),
        (
            '```\n{"a": 1}\n```\nor\n```\n{"a": true}\n```',
            "it has 2 values that differ",
        ),
        ("See " + "[" * 100_000, "recursion"),
        ("{" * 100_000, "Expecting property name"),
    ],
)
def test_an_answer_without_one_json_value_is_reported(text: str, problem: str) -> None:
    with pytest.raises(AnswerInvalid, match=problem) as caught:
        read_json(text)
    assert len(str(caught.value)) < 300
