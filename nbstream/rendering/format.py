"""Format numbers, counts, durations and JSON values.

The twin is `frontend/src/ui/format.ts`; `tests/cases/numbers.json` holds both to the
same.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

# JavaScript rounds halves up.
_SIX_DIGITS = Context(prec=6, rounding=ROUND_HALF_UP)
_WORDS = {None: "null", True: "true", False: "false"}
_TENTH = Decimal("0.1")


def format_number(value: float) -> str:
    """Return an integer of up to 15 digits as it is, and any other number with at most
    six significant digits: `0.333333`, `1.5e+20`, `nan`, `-inf`."""
    if value - value != 0:
        return str(float(value))
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    rounded = _SIX_DIGITS.create_decimal(Decimal(value))
    return _format_decimal(rounded, is_long=not -4 <= rounded.adjusted() < 6)


def format_metric(name: str, value: float, step: float | None) -> str:
    """Return a metric in one line: `loss = 0.5 (step 10)`."""
    at = "" if step is None else f" (step {format_number(step)})"
    return f"{name} = {format_number(value)}{at}"


def format_count(value: int, one: str, many: str = "") -> str:
    """Return a count of things: `1 event`, `12,345 events`.

    Args:
        value: how many.
        one: the noun in the singular.
        many: the noun in the plural. Default: `one` with an `s`.
    """
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def format_duration(seconds: float) -> str:
    """Return a duration as `4.2 s`, `3:07` or `1:02:09`."""
    tenths = Decimal(seconds).quantize(_TENTH, ROUND_HALF_UP)
    if tenths < 60:
        return f"{tenths} s"
    minutes, rest = divmod(max(int(seconds), 60), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_value(value: Any) -> str:
    """Return a JSON value in one line: a string unchanged, a number as JavaScript
    writes it, an object or array as JSON."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    try:
        return _format_json(value)
    except RecursionError:
        return "[nested too deeply]"


def _format_json(value: Any) -> str:
    if isinstance(value, dict):
        fields = [
            f"{_format_string(str(k))}: {_format_json(v)}" for k, v in value.items()
        ]
        return f"{{{', '.join(fields)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_format_json, value))}]"
    if isinstance(value, float):
        return _format_float(value)
    return (
        _WORDS[value]
        if value is None or isinstance(value, bool)
        else _format_string(value)
    )


def _format_string(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _format_float(value: float) -> str:
    if value - value != 0:
        return str(float(value))
    if value == 0:
        return "0"
    exact = Decimal(float.__repr__(value))
    return _format_decimal(exact, is_long=not -6 <= exact.adjusted() < 21)


def _format_decimal(value: Decimal, is_long: bool) -> str:
    """Return a decimal without trailing zeros; with an exponent if `is_long`."""
    sign, digits, _ = value.normalize(Context(prec=400)).as_tuple()
    if not is_long:
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    first, *rest = map(str, digits)
    point = "." if rest else ""
    return f"{'-' * sign}{first}{point}{''.join(rest)}e{value.adjusted():+}"
