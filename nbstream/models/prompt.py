"""Fill prompts: insert values of the notebook in the place of their names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .prompt_tables import format_table, is_table

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_CHARACTERS = 8_000


def fill_prompt(text: str, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the prompt with a value for each `{name}` of the namespace, and sentences
    on what was left out of the values. Unknown names and other braces stay.

    Text is inserted whole; a DataFrame or Series as CSV, see `format_table`; any other
    value as JSON, or as `str` if it has none, at most 8,000 characters. The prompt
    itself says what was left out, so that the model knows.
    """
    left_out: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in namespace:
            return match[0]
        text, note = _format(name, namespace[name])
        if note:
            left_out[name] = f"Of {name}, the prompt holds only {note}."
        return text

    return _NAME.sub(value, text), list(left_out.values())


def _format(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if is_table(value):
        return format_table(name, value)
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError, RecursionError):
        text = str(value)
    if len(text) <= _CHARACTERS:
        return text, ""
    note = f"the first {_CHARACTERS:,} of {len(text):,} characters"
    return f"{text[:_CHARACTERS]}…\n({name}: {note})", note
