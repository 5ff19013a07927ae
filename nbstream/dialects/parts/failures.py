"""Errors that servers tell in their events, whatever the format: which events are one,
and in which words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Failed
from ..json.error_words import error_words
from ..json.fields import count, is_number, obj, text
from .stop_reasons import classed_failure

ERROR_KINDS = frozenset(["error", "exception"])
"""The event types, and values of `type`, of an error."""
_NO_ERROR = frozenset(["", "none", "null", "nil", "no", "false", "ok", "n/a", "-"])
_ERROR_FIELDS = ("error_type", "error_message", "errorMessage", "errorText")
_NAMES = ("error", "errors", *_ERROR_FIELDS)
_STATUSES = ("status", "status_code", "statusCode", "code")
# What may stand beside an error and is no result, so that the object is no row.
_BESIDE_ERROR = frozenset(
    """
    type event object model message msg detail details error errors error_code
    error_description reason title traceback trace stack path instance param retry time
    ts date timestamp created created_at jsonrpc choices success
    """.split()  # noqa: SIM905 - one name a line is a page
).union(_STATUSES, _ERROR_FIELDS)
_WRAPPINGS = frozenset(["data", "payload", "message", "response", "body"])
_A_ROW = 3
"""So many fields of its own make an object with an error in words a row."""
_NO_MESSAGE = "the server sent an error without a message"


def failure_in(
    event: ServerSentEvent, value: Any, columns: Collection[str] = ()
) -> Failed | None:
    """Return the error that an event tells, in the server's words; None if it tells
    no error.

    An error is what is named so (`event: error`, `{"type": "error"}`), whatever it
    carries; and an object with `error`, `errors`, `error_type` or such in words, or
    with FastAPI's or RFC 9457's `detail`. None of these are: `"error": null`, `false`
    or a number, such as a measured error; a record of a log; the failure of one tool,
    with which an answer goes on; a row of results with its own column of errors.

    Args:
        event: the event.
        value: its data as JSON, None where it is not JSON.
        columns: the names that rows before it had. An error in one of them is of the
            row. Without them, three fields of its own make an object a row.
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]  # as Gemini tells one where it does not stream
    fields = obj(value)
    if _is_named_error(event, fields):
        return failed_as(event.data if value is None else value, event.data)
    kind = text(fields.get("type")).lower()
    if not fields or kind.startswith("tool") or _is_log_record(fields):
        return None
    told = {name for name in _NAMES if _tells(fields, name)}
    if told:
        is_result = _is_row(fields) or not told.isdisjoint(columns)
        return None if is_result else failed_as(value, event.data)
    if (inner := _wrapped(fields)) is not None:
        return failed_as(inner, event.data)
    is_refusal = _is_refusal(fields) and {"detail", "status"}.isdisjoint(columns)
    return failed_as(value, event.data) if is_refusal else None


def failed_as(error: Any, data: str = "") -> Failed:
    """Return a failure in the words of a server's error; where there are none, its
    JSON.

    Args:
        error: the error as JSON, or the object that it is a field of.
        data: the event's data, to be shown where nothing in it is words.
    """
    fields = obj(error)
    inner = obj(fields.get("error")) or fields
    kinds = [inner.get("code"), inner.get("type"), fields.get("error_type")]
    kinds += [inner.get(name) for name in _STATUSES]
    said = error_words(error)
    if not said and error not in (None, "", {}, []):
        said = data.strip()
    if said in ("null", "{}", "[]"):
        said = ""
    return classed_failure(said or _NO_MESSAGE, *kinds)


def is_error_value(error: Any) -> bool:
    """Whether the value of a field called `error` is one: words, or an object with
    something in it. Null, a truth value or a number is not."""
    if isinstance(error, str):
        return error.strip().lower() not in _NO_ERROR
    if isinstance(error, list):
        return any(isinstance(item, str | dict) for item in error)
    fields = obj(error)
    if any(fields.get(name) for name in _STATUSES):
        return True
    # {"train": 0.3, "test": 0.4} is measured.
    return any(value and not is_number(value) for value in fields.values())


def _is_named_error(event: ServerSentEvent, fields: dict[str, Any]) -> bool:
    names = (event.event, text(fields.get("type")), text(fields.get("object")))
    if any(name.lower() in ERROR_KINDS for name in names):
        return True
    named = text(fields.get("event")).lower() in ERROR_KINDS
    return named and bool(error_words(fields))


def _tells(fields: dict[str, Any], name: str) -> bool:
    """Whether a field tells an error. `"error": true` does where words stand beside."""
    value = fields.get(name)
    if name == "error" and value is True:
        return bool(error_words({k: v for k, v in fields.items() if k != name}))
    return is_error_value(value)


def _is_row(fields: dict[str, Any]) -> bool:
    own = [
        name
        for name, value in fields.items()
        if name not in _BESIDE_ERROR
        and not name.lower().endswith("id")
        and not isinstance(value, bool)
        and value not in (None, "", [], {})
    ]
    return len(own) >= _A_ROW and not isinstance(fields.get("error"), dict)


def _wrapped(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return the object with an error that is all an object holds besides ids, types
    and times."""
    own = fields.keys() - _BESIDE_ERROR | (fields.keys() & {"message"})
    own = {name for name in own if not name.lower().endswith("id")}
    if len(own) != 1 or not own <= _WRAPPINGS:
        return None
    inner = obj(fields[next(iter(own))])
    told = any(_tells(inner, name) for name in _NAMES)
    return inner if told and inner.keys() <= _BESIDE_ERROR else None


def _is_log_record(fields: dict[str, Any]) -> bool:
    level = next(
        filter(None, map(fields.get, ("level", "severity", "levelname"))), None
    )
    said = fields.get("message", fields.get("msg"))
    return isinstance(level, str | int) and isinstance(said, str)


def _is_refusal(fields: dict[str, Any]) -> bool:
    """Whether it is the body of a refusal: FastAPI's `detail` alone, or with a status
    that is one; or `"status": "error"` with words and no more."""
    failing = any((count(fields.get(name)) or 0) >= 400 for name in _STATUSES)
    if fields.get("detail") and not isinstance(fields["detail"], bool | int | float):
        return failing or fields.keys() <= {"detail", "code"}
    if failing and text(fields.get("title")):  # RFC 9457 without its detail
        return not fields.keys() - _BESIDE_ERROR
    if (
        text(fields.get("status")).lower() != "error"
        and fields.get("success") is not False
    ):
        return False
    own = fields.keys() - _BESIDE_ERROR
    return not own and bool(error_words(fields))
