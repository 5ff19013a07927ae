"""Extract the human-readable message of a server's error, however it is nested."""

from __future__ import annotations

from typing import Any

from .fields import obj, stringify

# The first of these fields with text is the message; then come fields with details,
# and fields that are messages only if there is no other text.
_MESSAGE_FIELDS = (
    "message",
    "errorText",
    "error_message",
    "errorMessage",
    "msg",
    "error",
    "errors",
    "data",
    "exception",
    "description",
)
_DETAIL_FIELDS = ("error_description", "detail", "details", "reason")
_FALLBACK_FIELDS = ("title", "text", "content")
_MAX_DEPTH = 5
_MAX_ITEMS = 10


def extract_error_message(value: Any, depth: int = 0) -> str:
    """Return the human-readable message of an error; empty if it has none.

    Args:
        value: the error as JSON: text, an object with one of the usual fields, a list
            of these, FastAPI's list of validation errors, or an object that maps each
            invalid field to its messages.
        depth: the nesting of the value in the whole error.
    """
    if isinstance(value, str):
        return value.strip()
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        found = [extract_error_message(item, depth + 1) for item in value[:_MAX_ITEMS]]
        return "; ".join(filter(None, found))
    fields = obj(value)
    if isinstance(path := fields.get("loc"), list):  # pydantic, so FastAPI
        place = ".".join(stringify(step) for step in path[:_MAX_ITEMS])
        return f"{place}: {extract_error_message(fields.get('msg'), depth + 1)}"
    message = _first_message(fields, _MESSAGE_FIELDS, depth)
    # {"error": "Bad Request", "message": "…"}: the class, and the message.
    kind = fields.get("error")
    if isinstance(kind, str) and kind.strip() and kind.strip() not in message:
        message = f"{kind.strip()}: {message}"
    detail = _first_message(fields, _DETAIL_FIELDS, depth)
    if detail and detail not in message:
        message = f"{message}: {detail}" if message else detail
    return (
        message
        or _first_message(fields, _FALLBACK_FIELDS, depth)
        or _messages_by_field(fields, depth)
    )


def _first_message(fields: dict[str, Any], names: tuple[str, ...], depth: int) -> str:
    found = (
        extract_error_message(fields[name], depth + 1)
        for name in names
        if name in fields
    )
    return next(filter(None, found), "")


def _messages_by_field(fields: dict[str, Any], depth: int) -> str:
    """Return the messages of `{"port": ["is not a number"]}`."""
    found = [
        f"{name}: {message}"
        for name, value in [*fields.items()][:_MAX_ITEMS]
        if isinstance(value, list)
        and (message := extract_error_message(value, depth + 1))
    ]
    return "; ".join(found)
