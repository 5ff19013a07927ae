"""Classify the fields of home-made JSON by their names and values.

Home-made JSON has no specification, but its names are conventional: an id is called id,
a time is called time, and the text of an answer is called text, token or the like.
"""

from __future__ import annotations

import re
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_ID = re.compile(r"(?:^|_)(?:ids?|uuid|guid|hash|etag|cursor|key|fingerprint)$")
_KIND = re.compile(
    r"(?:^|_)(?:type|event|kind|object|role|model|status|state|phase|reason|version"
    r"|level|severity|lang|language|format|schema)$|^\$"
)
_TIME = re.compile(
    r"^@?(?:time|ts|t|date|datetime|timestamp|created|updated)$"
    r"|_(?:at|time|ts|timestamp|date|ms)$"
)
_COUNT = re.compile(
    r"(?:^|_)(?:index|idx|i|n|no|seq|sequence|count|total|num|number|offset|position"
    r"|tokens?|length|size|logprobs?|scores?|prob|probability|confidence|latency|elapsed"
    r"|duration|attempt|retries|tps)$|_per_s(?:ec(?:ond)?)?$"
)
_LABEL = re.compile(
    r"(?:^|_)(?:name|title|label|user|username|author|city|country|email|url|symbol|tag)$"
)
_AMOUNT = re.compile(r"(?:^|_)(?:count|total|num|level|score)$")
_STEP = re.compile(
    r"^(?:global_)?(?:step|iteration|iter|epoch|batch|x)s?$", re.IGNORECASE
)
_TEXT = re.compile(
    r"^(?:token|text|content|delta|message|response|output|answer|chunk|completion|reply"
    r"|data|line|log|msg|body|part|piece|partial|generated_text|output_text"
    r"|response_text|text_delta|content_delta|text_chunk|result)$"
)

_TIME_VALUE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_ID_VALUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,64}",
    re.IGNORECASE,
)

LEVELS = frozenset(
    {
        "trace",
        "debug",
        "info",
        "notice",
        "warn",
        "warning",
        "error",
        "critical",
        "fatal",
    }
)
"""The level names of loggers, in lower case."""

_DONE = re.compile(
    r"^(?:is_)?(?:done|finished|completed?|final|last|end|ended|eos)$", re.IGNORECASE
)


def is_fact_name(name: str) -> bool:
    """True for the name of an id, a type, a time or a count: a fact about the content,
    not the content itself."""
    name = _to_snake_case(name)
    facts = (_ID, _KIND, _TIME, _COUNT, _STEP)
    return any(pattern.search(name) for pattern in facts) and not is_text_name(name)


def is_text_name(name: str) -> bool:
    """True for the name of a field that is likely to be the text."""
    return _TEXT.match(_to_snake_case(name)) is not None


def is_step_name(name: str) -> bool:
    """True for the name of a field that counts the steps of a job."""
    return _STEP.match(_to_snake_case(name)) is not None


def is_time_name(name: str) -> bool:
    """True for the name of a time."""
    return _TIME.search(_to_snake_case(name)) is not None


def is_id_name(name: str) -> bool:
    """True for the name of an identifier."""
    return _ID.search(_to_snake_case(name)) is not None


def is_amount_name(name: str) -> bool:
    """True for the name of an amount or a level, not of an index."""
    return _AMOUNT.search(_to_snake_case(name)) is not None


def is_label_name(name: str) -> bool:
    """True for the name of a field with the name of a thing."""
    return _LABEL.search(_to_snake_case(name)) is not None


def is_done_name(name: str) -> bool:
    """True for the name of a flag that is true with the last text of a stream, and
    false before."""
    return _DONE.match(_to_snake_case(name)) is not None


def is_fact_value(value: Any) -> bool:
    """True for a string that is a date, a time or an identifier, by its value."""
    return isinstance(value, str) and (
        _TIME_VALUE.fullmatch(value) is not None
        or _ID_VALUE.fullmatch(value) is not None
    )


def _to_snake_case(name: str) -> str:
    """Return the name in snake case."""
    return _CAMEL.sub("_", name).replace("-", "_").lower()
