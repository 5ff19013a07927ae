"""A2A's results of `message/stream`: the states of a task, and what it makes.

Version 0.x tells results apart by `kind`; version 1.0 wraps each in an object that
names it. Source: a2a-protocol.org, "Streaming & Asynchronous Operations".
"""

from __future__ import annotations

from typing import Any

from ...updates import Ending, Failed, LogLine, Row, Text, Update
from ..json.fields import obj, objects, text
from .stop_reasons import stopped

_WRAPPED = {
    "task": "task",
    "message": "message",
    "statusUpdate": "status-update",
    "artifactUpdate": "artifact-update",
}
_IDS = frozenset(["id", "taskId", "messageId", "parts"])
_ENDS = frozenset(["completed", "failed", "rejected", "canceled", "cancelled"])
_WAITS = frozenset(["input-required", "auth-required"])


def is_a2a(result: Any) -> bool:
    """Whether a result of JSON-RPC is one of A2A's."""
    return bool(_kind(result)[0])


def _kind(result: Any) -> tuple[str, dict[str, Any]]:
    """Return what a result is, and its fields; empty where it is not of A2A."""
    fields = obj(result)
    kind = text(fields.get("kind"))
    if kind in _WRAPPED.values() and fields.keys() & _IDS:
        return kind, fields
    for name, kind in _WRAPPED.items():
        if obj(fields.get(name)).keys() & _IDS:
            return kind, fields[name]
    return "", {}


class A2A:
    """Reads the results of one task."""

    def __init__(self) -> None:
        self.answering = False
        """Whether there is an answer that has not ended."""
        self._answered = False

    def read(self, result: Any) -> list[Update] | None:
        """Return what a result means; None where it has nothing to show."""
        kind, fields = _kind(result)
        match kind:
            case "message":
                return [*self._shown(fields), *self._ended()]
            case "artifact-update":
                artifact = obj(fields.get("artifact"))
                return self._shown(artifact, fields.get("append") is not True) or None
            case "status-update":
                return self._status(fields, fields.get("final") is True)
            case "task":
                return self._task(fields)
        return None

    def _task(self, task: dict[str, Any]) -> list[Update] | None:
        updates: list[Update] = []
        if not self._answered:
            for artifact in objects(task.get("artifacts")):
                updates += self._shown(artifact)
        status = self._status(task, False)
        return [*updates, *(status or [])] or None

    def _status(self, fields: dict[str, Any], final: bool) -> list[Update] | None:
        status = obj(fields.get("status"))
        state = text(status.get("state")).lower().removeprefix("task_state_")
        state = state.replace("_", "-")
        message = obj(status.get("message"))
        said = _text_of(message)
        if state in ("failed", "rejected"):
            return [Failed(said or f"the task is {state}")]
        if state in _ENDS or state in _WAITS or final:
            # Its last message is an answer where nothing else was one.
            shown = self._shown(message) if not self._answered else _logged(said)
            why: list[Update] = []
            if state in _WAITS or state.startswith("cancel"):
                why = [stopped("cancelled" if state not in _WAITS else state)]
            return [*shown, *why, *self._ended()]
        if not state:
            return None
        self.answering = True
        return _logged(said)

    def _shown(self, holder: dict[str, Any], apart: bool = True) -> list[Update]:
        updates: list[Update] = []
        said = _text_of(holder)
        if said:
            between = "\n\n" if apart and self._answered else ""
            self.answering = self._answered = True
            updates.append(Text(between + said))
        found = [part.get("data") for part in objects(holder.get("parts"))]
        return [*updates, *(Row(data) for data in found if isinstance(data, dict))]

    def _ended(self) -> list[Update]:
        self.answering = False
        return [Ending()]


def _text_of(holder: dict[str, Any]) -> str:
    return "".join(text(part.get("text")) for part in objects(holder.get("parts")))


def _logged(said: str) -> list[Update]:
    return [LogLine(said)] if said else []
