"""Fill in names and files where a line or a body has `{name}` or `@FILE`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")


def fill(text: str, namespace: Mapping[str, Any]) -> str:
    """Replace each `{name}` of the namespace; unknown names, and all other braces, are
    left alone."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return str(namespace[name]) if name in namespace else match[0]

    return _NAME.sub(value, text)


def find_names(text: str) -> list[str]:
    """Return the names in braces, as `fill` finds them."""
    return _NAME.findall(text)


def fill_body(text: str, namespace: Mapping[str, Any]) -> tuple[str, bool]:
    """Return a request's body with names filled in, and whether it is JSON.

    In a body that is JSON as it stands, names are filled in within its strings, so
    that quotes and newlines of a value cannot break it. Otherwise a name stands for
    its value's JSON, or, if it is a string, for the string itself.
    """
    try:
        template = json.loads(text)
    except ValueError:
        filled = _NAME.sub(lambda match: _write_json(match, namespace), text)
        try:
            json.loads(filled)
        except ValueError:
            return filled, False
        return filled, True
    return json.dumps(_fill_strings(template, namespace), ensure_ascii=False), True


def fill_value(value: Any, namespace: Mapping[str, Any]) -> Any:
    """Fill in names within the strings of a JSON value. A string that is only a name
    becomes the value of that name, as JSON where it can be written so."""
    if isinstance(value, str) and (named := _NAME.fullmatch(value)):
        if named[1] not in namespace:
            return value
        try:
            return json.loads(json.dumps(namespace[named[1]]))
        except (TypeError, ValueError):
            return str(namespace[named[1]])
    if isinstance(value, dict):
        return {key: fill_value(item, namespace) for key, item in value.items()}
    return fill(value, namespace) if isinstance(value, str) else value


def read_file_named(value: str, namespace: Mapping[str, Any]) -> str | None:
    """Return the text of the file that `@FILE` names; None where the value is the data
    itself. A file is sent as it is: names are not filled in.

    Raises:
        OSError: if the file cannot be read.
    """
    if not value.startswith("@"):
        return None
    # Windows' editors begin a file with a mark that is no part of the text.
    return Path(fill(value[1:], namespace)).read_text("utf-8-sig")


def _fill_strings(value: Any, namespace: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return fill(value, namespace)
    if isinstance(value, list):
        return [_fill_strings(item, namespace) for item in value]
    if isinstance(value, dict):
        return {k: _fill_strings(item, namespace) for k, item in value.items()}
    return value


def _write_json(match: re.Match[str], namespace: Mapping[str, Any]) -> str:
    if match[1] not in namespace:
        return match[0]
    value = namespace[match[1]]
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)
