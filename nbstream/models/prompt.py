"""Prompts: values of the notebook in the place of their names, tables made compact."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_ROWS = 50
_CHARACTERS = 8_000
_CELL = 200


def fill_prompt(text: str, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The prompt with each `{name}` of the namespace in place, and what was left out
    of the values, in sentences. Unknown names and all other braces are left alone.

    Text goes in whole. A DataFrame or Series goes in as CSV, at most 50 rows and 8,000
    characters of it; any other value as JSON, or as it prints, at most 8,000
    characters. The prompt itself says what was left out, for the model to know.
    """
    left_out: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in namespace:
            return match[0]
        shown, note = _shown(name, namespace[name])
        if note:
            left_out[name] = note
        return shown

    return _NAME.sub(value, text), list(left_out.values())


def _shown(name: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if hasattr(value, "to_csv") and hasattr(value, "head"):
        return _table(name, value)
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError):
        text = str(value)
    if len(text) <= _CHARACTERS:
        return text, ""
    note = f"{name}: the first {_CHARACTERS:,} of {len(text):,} characters"
    return f"{text[:_CHARACTERS]}…\n({note})", f"In the prompt is of {note}."


def _table(name: str, frame: Any) -> tuple[str, str]:
    rows = len(frame)
    lines = _csv(frame.head(_ROWS)).splitlines()
    # The header stays, whatever the size of the rows.
    kept, size = lines[:1], len(lines[0]) if lines else 0
    for line in lines[1:]:
        size += len(line) + 1
        if size > _CHARACTERS:
            break
        kept.append(line)
    shape = " × ".join(f"{n:,}" for n in frame.shape)
    table = "\n".join(kept)
    if len(kept) - 1 >= rows:
        return table, ""
    note = f"the first {len(kept) - 1:,} of {rows:,} rows"
    return (
        f"({name}, {shape}, as CSV: {note})\n{table}",
        f"In the prompt are of {name} {note}.",
    )


def _csv(frame: Any) -> str:
    text: str = frame.to_csv(
        # A counted index says nothing; a named or labelled one does.
        index=type(frame.index).__name__ != "RangeIndex",
        float_format="%.6g",
    )
    return "\n".join(
        line if len(line) <= _CELL * 10 else f"{line[: _CELL * 10]}…"
        for line in text.splitlines()
    )
