"""Read progress, log lines, metrics and usage in home-made JSON by field names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...updates import LogLine, Metric, Progress, Update, Usage
from ..json.fields import (
    count,
    is_number,
    number,
    obj,
    percent_of,
    stringify,
    text,
    total_of,
)
from .field_names import LEVELS, is_fact_name, is_step_name, is_text_name

_PERCENTS = ("percent", "percentage", "pct", "progress")
_STEPS = ("step", "epoch", "iteration", "batch")
_CURRENTS = ("current", "completed", "processed", "done", *_STEPS, "n", "value")
_TOTALS = (
    "total",
    "max",
    "of",
    "steps",
    "total_steps",
    "totalSteps",
    "max_steps",
    "epochs",
    "total_epochs",
    "totalEpochs",
    "num_epochs",
    "max_epochs",
)
_AMOUNTS = frozenset((*_PERCENTS, *_CURRENTS, *_TOTALS))
_NAMES = ("name", "task", "job", "bar")
_MESSAGES = ("message", "msg", "status", "text", "desc", "description", "stage")
# Fields of a progress object that are not shown.
_PROGRESS_DETAILS = frozenset(
    {
        "type",
        "event",
        "id",
        "unit",
        "eta",
        "elapsed",
        "remaining",
        "rate",
        "speed",
        "time",
        "timestamp",
        "ts",
        "digest",
        "postfix",
        "state",
        "phase",
    }
)
_LEVELS = (
    "level",
    "severity",
    "levelname",
    "lvl",
    "log_level",
    "loglevel",
    "log.level",
    "severityText",
    "severity_text",
)
_NUMERIC_LEVELS = {
    10: "trace",
    20: "debug",
    30: "info",
    40: "warn",
    50: "error",
    60: "fatal",
}
_LOG_MESSAGES = (
    "message",
    "msg",
    "text",
    "line",
    "log",
    "body",
    "content",
    "event",
    "textPayload",
    "data",
)


def progress_in(kind: str, fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return the progress in an object, and a metric for each other number; None if it
    is not a progress object.

    Args:
        kind: the type of the event.
        fields: its object.
    """
    inner = obj(fields.get("data"))
    if kind == "progress" and inner:
        fields = inner
    if _AMOUNTS.isdisjoint(fields):
        return None
    counts = {key: number(fields.get(key)) for key in (*_CURRENTS, *_TOTALS)}
    current = next((k for k in _CURRENTS if counts[k] is not None), None)
    total = next((k for k in _TOTALS if counts[k] is not None), None)
    at = next((k for k in _PERCENTS if number(fields.get(k)) is not None), None)
    if total is None or current is None:
        if at is None:
            return None
        current = total = None
    name = next((k for k in _NAMES if text(fields.get(k))), None)
    message = next((k for k in _MESSAGES if text(fields.get(k))), None)
    rest = fields.keys() - {current, total, at, name, message} - _PROGRESS_DETAILS
    rest = {key for key in rest if fields[key] is not None}
    measured = {k for k in rest if is_number(fields[k]) and not is_fact_name(k)}
    if kind != "progress" and any(not is_number(fields[key]) for key in rest):
        return None
    if kind != "progress" and measured and (at is not None or current not in _STEPS):
        return None  # a table row or chart point with a column of this name
    done = counts[current] if current else None
    whole = total_of(counts[total]) if total else None
    if current in _STEPS and whole and (whole % 1 or (done or 0) > whole):
        return None  # a step past the total, or a fractional total: no count of steps
    update = Progress(
        name=text(fields.get(name)) if name else "",
        current=done,
        total=whole,
        percent=_percent_in(fields, at, done, whole),
        message=stringify(fields.get(message)) if message else "",
    )
    metrics = [
        Metric(key, float(value), done)
        for key in fields
        if key in measured and (value := number(fields[key])) is not None
    ]
    return [update, *metrics]


def _percent_in(
    fields: dict[str, Any], at: str | None, current: float | None, total: float | None
) -> float | None:
    percent = number(fields.get(at)) if at else None
    if percent is None:
        if current is None or not total:
            return None
        return percent_of(current, total)
    if at == "progress" and 0 <= percent <= 1 and type(fields[at]) is float:
        percent *= 100
    return min(max(percent, 0.0), 100.0)


def log_line_in(kind: str, fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return the log line in an object with a level and a message; None if it has
    none."""
    inner = [value for value in fields.values() if isinstance(value, dict)]
    if len(inner) == 1 and not any(text(fields.get(k)) for k in _LOG_MESSAGES):
        # {"type": "log", "data": {…}}, {"severity": "INFO", "jsonPayload": {…}}
        fields = {k: v for k, v in fields.items() if v is not inner[0]} | inner[0]
    if fields.get("stream") in ("stdout", "stderr"):
        kind = "log"  # of a container
    if type(numeric := fields.get("level")) is int and numeric in _NUMERIC_LEVELS:
        fields = fields | {"level": _NUMERIC_LEVELS[numeric]}  # Bunyan's and pino's
    level = next((k for k in _LEVELS if text(fields.get(k))), None)
    message = next(
        (k for k in _LOG_MESSAGES if text(fields.get(k)) and k != level), None
    )
    if level is None and message is not None:
        named = [
            k for k, v in fields.items() if _is_level(v) and k not in _LOG_MESSAGES
        ]
        level = named[0] if len(named) == 1 and kind != "message" else None
    elif level is not None and message is None and _is_level(fields[level]):
        message = _only_text(fields, level)
    if message is None or (level is None and kind != "log"):
        return None
    return [LogLine(text(fields[message]), text(fields.get(level or "")).lower())]


def metric_in(fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return the metric in an object with a name, a value and a step; None if it has
    other fields."""
    name = next((k for k in ("metric", "name", "tag") if text(fields.get(k))), None)
    value = number(fields.get("value"))
    at = next((k for k in fields if is_step_name(k)), None)
    step = number(fields.get(at)) if at else None
    if name is None or value is None or step is None:
        return None
    rest = fields.keys() - {name, "value", at}
    if not all(map(is_fact_name, rest)):
        return None
    return [Metric(text(fields[name]), float(value), step)]


def usage_in(fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return the usage in an object without text; None if it has none."""
    usage = obj(fields.get("usage"))
    if not usage or any(
        isinstance(value, str) and not is_fact_name(key)
        for key, value in fields.items()
    ):
        return None
    used = Usage(
        input_tokens=count(usage.get("input_tokens", usage.get("prompt_tokens"))),
        output_tokens=count(usage.get("output_tokens", usage.get("completion_tokens"))),
    )
    return None if used == Usage() else [used]


def _is_level(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in LEVELS


def _only_text(fields: dict[str, Any], level: str) -> str | None:
    texts = [
        key
        for key, value in fields.items()
        if key != level
        and isinstance(value, str)
        and (is_text_name(key) or not is_fact_name(key))
    ]
    return texts[0] if len(texts) == 1 else None
