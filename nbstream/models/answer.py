"""Find the JSON in an answer: models often put it in a code fence, or after a
sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import AnswerInvalid

_FENCED = re.compile(r"\A\s*```[\w-]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_FENCE_BEFORE = re.compile(r"```[\w+-]*\s*\Z")
_BRACKET = re.compile(r"[{\[]")
# A bracket that starts JSON; others are part of a sentence.
_JSON_START = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"]")
_MAX_BRACKETS = 10_000
"""Brackets of sentences that are skipped."""


def read_json(text: str) -> Any:
    """Return the JSON value that a text is, or the one object or list in it.

    Sentences before and after it, and a code fence around it, are ignored. A value in a
    fence has precedence over others, and an object over a list, such as the mark `[1]`
    of a source.

    Raises:
        AnswerInvalid: if there is no JSON, if it is incomplete, or if there are several
            values that differ.
    """
    fenced = _FENCED.match(text)
    try:
        return json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        problem: Exception = error
    try:
        found = [*_values_in(text)]
    except (ValueError, RecursionError) as error:
        raise _invalid(text, error) from None
    in_fences = [value for value, is_fenced in found if is_fenced]
    values = in_fences or [value for value, _ in found]
    values = [v for v in values if isinstance(v, dict)] or values
    if not values:
        raise _invalid(text, problem) from None
    if len(values) > 1 and len(set(map(_canonical, values))) > 1:
        raise AnswerInvalid(
            "JSON", f"it has {len(values)} values that differ, where one is expected"
        )
    return values[0]


def _values_in(text: str) -> Iterator[tuple[Any, bool]]:
    """Yield each object and list in a text, and whether a fence opens before it.

    Raises:
        ValueError: if JSON is malformed, such as where the answer was cut. A complete
            value inside of it is not the answer.
    """
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(_MAX_BRACKETS):
        bracket = _BRACKET.search(text, place)
        if bracket is None:
            return
        start = bracket.start()
        try:
            value, place = decoder.raw_decode(text, start)
        except ValueError:
            if _JSON_START.match(text, start):
                raise
            place = start + 1
            continue
        line = text.rfind("```", 0, start)
        yield value, line >= 0 and bool(_FENCE_BEFORE.match(text[line:start]))


def _canonical(value: Any) -> str:
    """Return canonical JSON, in which 1 and true differ."""
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:  # nested as deep as can be read, but not written
        return ""


def _invalid(text: str, error: Exception) -> AnswerInvalid:
    return AnswerInvalid("JSON", f"{error}, in {text.strip()[:80]!r}")
