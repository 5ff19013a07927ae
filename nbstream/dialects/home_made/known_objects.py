"""Progress and log lines in home-made JSON: known by the names of their fields."""

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
    text,
    total_of,
    words,
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
_OF_AMOUNTS = frozenset((*_PERCENTS, *_CURRENTS, *_TOTALS))
_NAMES = ("name", "task", "job", "bar")
_MESSAGES = ("message", "msg", "status", "text", "desc", "description", "stage")
# What tells of a progress, and is not shown.
_OF_PROGRESS = frozenset(
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
_NUMBERED = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_LOGGED = (
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
    """Return how far something is, as home-made objects tell it, and what else was
    measured; None if this is no progress.

    Args:
        kind: the type of the event.
        fields: its object.
    """
    inner = obj(fields.get("data"))
    if kind == "progress" and inner:
        fields = inner
    if _OF_AMOUNTS.isdisjoint(fields):
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
    rest = fields.keys() - {current, total, at, name, message} - _OF_PROGRESS
    rest = {key for key in rest if fields[key] is not None}
    measured = {k for k in rest if is_number(fields[k]) and not is_fact_name(k)}
    if kind != "progress" and any(not is_number(fields[key]) for key in rest):
        return None
    if kind != "progress" and measured and (at is not None or current not in _STEPS):
        return None  # a row or a point that has a column of this name
    done = counts[current] if current else None
    whole = total_of(counts[total]) if total else None
    if current in _STEPS and whole and (whole % 1 or (done or 0) > whole):
        return None  # of so many whole steps none is past the last
    update = Progress(
        name=text(fields.get(name)) if name else "",
        current=done,
        total=whole,
        percent=_percent(fields, at, done, whole),
        message=words(fields.get(message)) if message else "",
    )
    metrics = [
        Metric(key, float(value), done)
        for key in fields
        if key in measured and (value := number(fields[key])) is not None
    ]
    return [update, *metrics]


def _percent(
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


def log_in(kind: str, fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return the line of a log that an object holds: a level and a message; None if it
    is not a line of a log."""
    inner = [value for value in fields.values() if isinstance(value, dict)]
    if len(inner) == 1 and not any(text(fields.get(k)) for k in _LOGGED):
        # {"type": "log", "data": {…}}, {"severity": "INFO", "jsonPayload": {…}}
        fields = {k: v for k, v in fields.items() if v is not inner[0]} | inner[0]
    if fields.get("stream") in ("stdout", "stderr"):
        kind = "log"  # of a container
    if type(told := fields.get("level")) is int and told in _NUMBERED:
        fields = fields | {"level": _NUMBERED[told]}  # Bunyan's and pino's
    level = next((k for k in _LEVELS if text(fields.get(k))), None)
    said = next((k for k in _LOGGED if text(fields.get(k)) and k != level), None)
    if level is None and said is not None:
        named = [k for k, v in fields.items() if _is_level(v) and k not in _LOGGED]
        level = named[0] if len(named) == 1 and kind != "message" else None
    elif level is not None and said is None and _is_level(fields[level]):
        said = _only_text(fields, level)
    if said is None or (level is None and kind != "log"):
        return None
    return [LogLine(text(fields[said]), text(fields.get(level or "")).lower())]


def metric_in(fields: dict[str, Any]) -> Sequence[Update] | None:
    """Return what was measured at a step, where an object names it beside its value;
    else None."""
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
    """Return what an answer used, where an object tells only that; else None."""
    told = obj(fields.get("usage"))
    if not told or any(
        isinstance(value, str) and not is_fact_name(key)
        for key, value in fields.items()
    ):
        return None
    used = Usage(
        input_tokens=count(told.get("input_tokens", told.get("prompt_tokens"))),
        output_tokens=count(told.get("output_tokens", told.get("completion_tokens"))),
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
