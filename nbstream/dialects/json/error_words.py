"""The words for people in a server's error, however it is nested."""

from __future__ import annotations

from typing import Any

from .fields import obj, words

# Where the words stand, the first that has some counts; what may explain them further.
_WORDS = (
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
_MORE = ("error_description", "detail", "details", "reason")
_LAST = ("title", "text", "content")
_MAX_DEPTH = 5
_MAX_ITEMS = 10


def error_words(value: Any, depth: int = 0) -> str:
    """Return what an error says, in words; empty if it has none.

    Args:
        value: the error as JSON: text, an object with one of the usual fields, a list
            of these, FastAPI's list of what is invalid, or fields with what is wrong
            with each.
        depth: how deep in an error this is.
    """
    if isinstance(value, str):
        return value.strip()
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        found = [error_words(item, depth + 1) for item in value[:_MAX_ITEMS]]
        return "; ".join(filter(None, found))
    fields = obj(value)
    if isinstance(path := fields.get("loc"), list):  # pydantic, so FastAPI
        place = ".".join(words(step) for step in path[:_MAX_ITEMS])
        return f"{place}: {error_words(fields.get('msg'), depth + 1)}"
    said = _first(fields, _WORDS, depth)
    # {"error": "Bad Request", "message": "…"}: the class, and the words.
    kind = fields.get("error")
    if isinstance(kind, str) and kind.strip() and kind.strip() not in said:
        said = f"{kind.strip()}: {said}"
    more = _first(fields, _MORE, depth)
    if more and more not in said:
        said = f"{said}: {more}" if said else more
    return said or _first(fields, _LAST, depth) or _by_field(fields, depth)


def _first(fields: dict[str, Any], names: tuple[str, ...], depth: int) -> str:
    found = (error_words(fields[name], depth + 1) for name in names if name in fields)
    return next(filter(None, found), "")


def _by_field(fields: dict[str, Any], depth: int) -> str:
    """Return the words of `{"port": ["is not a number"]}`."""
    found = [
        f"{name}: {said}"
        for name, value in [*fields.items()][:_MAX_ITEMS]
        if isinstance(value, list) and (said := error_words(value, depth + 1))
    ]
    return "; ".join(found)
