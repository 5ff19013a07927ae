"""Detect the errors that servers send as events, in any format, and their message."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Failed
from ..json.error_message import extract_error_message
from ..json.fields import count, is_number, obj, text
from .stop_reasons import classify_failure

ERROR_KINDS = frozenset(["error", "exception"])
"""The event types, and values of `type`, of an error."""
_NO_ERROR_WORDS = frozenset(
    ["", "none", "null", "nil", "no", "false", "ok", "n/a", "-"]
)
_ERROR_FIELDS = ("error_type", "error_message", "errorMessage", "errorText")
_ERROR_NAMES = ("error", "errors", *_ERROR_FIELDS)
_STATUSES = ("status", "status_code", "statusCode", "code")
# Fields of an error object; an object with other fields may be a row of results.
_ERROR_OBJECT_FIELDS = frozenset(
    """
    type event object model message msg detail details error errors error_code
    error_description reason title traceback trace stack path instance param retry time
    ts date timestamp created created_at jsonrpc choices success
    """.split()  # noqa: SIM905 - one name a line is a page
).union(_STATUSES, _ERROR_FIELDS)
_WRAPPERS = frozenset(["data", "payload", "message", "response", "body"])
_MIN_ROW_FIELDS = 3
"""An object with an error text and this many other fields is a row of results."""
_NO_MESSAGE = "the server sent an error without a message"


def failure_in(
    event: ServerSentEvent, value: Any, columns: Collection[str] = ()
) -> Failed | None:
    """Return the failure that an event reports, in the server's words; None if none.

    An error is an event with that name (`event: error`, `{"type": "error"}`), whatever
    its data; an object with text in `error`, `errors`, `error_type` or the like; or an
    object with FastAPI's or RFC 9457's `detail`. Not an error: `"error": null`, `false`
    or a number, such as a measured error; a log record; the failure of one tool, after
    which the answer continues; a row of results with a column of errors.

    Args:
        event: the event.
        value: its data as JSON; None if it is not JSON.
        columns: the names of the fields of earlier rows. An error in one of these is a
            value of the row. Without them, an object with three other fields is a row.
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]  # as Gemini sends an error outside a stream
    fields = obj(value)
    if _is_named_error(event, fields):
        return parse_failure(event.data if value is None else value, event.data)
    kind = text(fields.get("type")).lower()
    if not fields or kind.startswith("tool") or _is_log_record(fields):
        return None
    names = {name for name in _ERROR_NAMES if _has_error(fields, name)}
    if names:
        is_result = _is_row(fields) or not names.isdisjoint(columns)
        return None if is_result else parse_failure(value, event.data)
    if (inner := _unwrap_error(fields)) is not None:
        return parse_failure(inner, event.data)
    is_error_body = _is_error_body(fields) and {"detail", "status"}.isdisjoint(columns)
    return parse_failure(value, event.data) if is_error_body else None


def parse_failure(error: Any, data: str = "") -> Failed:
    """Return a failure with the message of a server's error, or its JSON if it has no
    message.

    Args:
        error: the error as JSON, or the object with an `error` field.
        data: the event's data, shown if the error has no message.
    """
    fields = obj(error)
    inner = obj(fields.get("error")) or fields
    kinds = [inner.get("code"), inner.get("type"), fields.get("error_type")]
    kinds += [inner.get(name) for name in _STATUSES]
    message = extract_error_message(error)
    if not message and error not in (None, "", {}, []):
        message = data.strip()
    if message in ("null", "{}", "[]"):
        message = ""
    return classify_failure(message or _NO_MESSAGE, *kinds)


def is_error_value(error: Any) -> bool:
    """True if the value of a field `error` is an error: text, or an object that is not
    empty. Null, a bool or a number is not."""
    if isinstance(error, str):
        return error.strip().lower() not in _NO_ERROR_WORDS
    if isinstance(error, list):
        return any(isinstance(item, str | dict) for item in error)
    fields = obj(error)
    if any(fields.get(name) for name in _STATUSES):
        return True
    # {"train": 0.3, "test": 0.4} are measurements.
    return any(value and not is_number(value) for value in fields.values())


def _is_named_error(event: ServerSentEvent, fields: dict[str, Any]) -> bool:
    names = (event.event, text(fields.get("type")), text(fields.get("object")))
    if any(name.lower() in ERROR_KINDS for name in names):
        return True
    named = text(fields.get("event")).lower() in ERROR_KINDS
    return named and bool(extract_error_message(fields))


def _has_error(fields: dict[str, Any], name: str) -> bool:
    """True if a field has an error. `"error": true` counts if another has text."""
    value = fields.get(name)
    if name == "error" and value is True:
        return bool(
            extract_error_message({k: v for k, v in fields.items() if k != name})
        )
    return is_error_value(value)


def _is_row(fields: dict[str, Any]) -> bool:
    own = [
        name
        for name, value in fields.items()
        if name not in _ERROR_OBJECT_FIELDS
        and not name.lower().endswith("id")
        and not isinstance(value, bool)
        and value not in (None, "", [], {})
    ]
    return len(own) >= _MIN_ROW_FIELDS and not isinstance(fields.get("error"), dict)


def _unwrap_error(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return the nested error object of a wrapper, which has only ids, types and times
    besides; None if it is not a wrapper."""
    own = fields.keys() - _ERROR_OBJECT_FIELDS | (fields.keys() & {"message"})
    own = {name for name in own if not name.lower().endswith("id")}
    if len(own) != 1 or not own <= _WRAPPERS:
        return None
    inner = obj(fields[next(iter(own))])
    has_error = any(_has_error(inner, name) for name in _ERROR_NAMES)
    return inner if has_error and inner.keys() <= _ERROR_OBJECT_FIELDS else None


def _is_log_record(fields: dict[str, Any]) -> bool:
    level = next(
        filter(None, map(fields.get, ("level", "severity", "levelname"))), None
    )
    message = fields.get("message", fields.get("msg"))
    return isinstance(level, str | int) and isinstance(message, str)


def _is_error_body(fields: dict[str, Any]) -> bool:
    """True for the body of an HTTP error: FastAPI's `detail`, alone or with a status
    of 400 or more; RFC 9457's problem; or `"status": "error"` with only a message."""
    failing = any((count(fields.get(name)) or 0) >= 400 for name in _STATUSES)
    if fields.get("detail") and not isinstance(fields["detail"], bool | int | float):
        return failing or fields.keys() <= {"detail", "code"}
    if failing and text(fields.get("title")):  # RFC 9457 without its detail
        return not fields.keys() - _ERROR_OBJECT_FIELDS
    if (
        text(fields.get("status")).lower() != "error"
        and fields.get("success") is not False
    ):
        return False
    own = fields.keys() - _ERROR_OBJECT_FIELDS
    return not own and bool(extract_error_message(fields))
