"""Prompts: values of the notebook in the place of their names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .prompt_tables import is_table, table

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_CHARACTERS = 8_000


def fill_prompt(text: str, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The prompt with each `{name}` of the namespace in place, and what was left out
    of the values, in sentences. Unknown names and all other braces are left alone.

    Text goes in whole. A DataFrame or Series goes in as CSV, see `table`; any other
    value as JSON, or as it prints, at most 8,000 characters. The prompt itself says
    what was left out, for the model to know.
    """
    left_out: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in namespace:
            return match[0]
        shown, note = _shown(name, namespace[name])
        if note:
            left_out[name] = f"Of {name}, the prompt holds only {note}."
        return shown

    return _NAME.sub(value, text), list(left_out.values())


def _shown(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if is_table(value):
        return table(name, value)
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError, RecursionError):
        text = str(value)
    if len(text) <= _CHARACTERS:
        return text, ""
    note = f"the first {_CHARACTERS:,} of {len(text):,} characters"
    return f"{text[:_CHARACTERS]}…\n({name}: {note})", note
