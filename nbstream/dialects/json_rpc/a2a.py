"""Read A2A's results of `message/stream`: the states and the artifacts of a task.

In version 0.x a result has a `kind`; in version 1.0 it is wrapped in an object whose
field names it. Source: a2a-protocol.org, "Streaming & Asynchronous Operations".
"""

from __future__ import annotations

from typing import Any

from ...updates import Ending, Failed, LogLine, Row, Text, Update
from ..json.fields import obj, objects, text
from ..parts.stop_reasons import make_stop

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
    """True for a JSON-RPC result that is one of A2A's."""
    return bool(_kind(result)[0])


def _kind(result: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind of a result, and its fields; empty if it is not of A2A."""
    fields = obj(result)
    kind = text(fields.get("kind"))
    if kind in _WRAPPED.values() and fields.keys() & _IDS:
        return kind, fields
    for name, kind in _WRAPPED.items():
        if obj(fields.get(name)).keys() & _IDS:
            return kind, fields[name]
    return "", {}


class A2A:
    """Read the results of one task."""

    def __init__(self) -> None:
        self.is_answering = False
        """True from the first state or text of an answer until its end."""
        self._has_text = False

    def read(self, result: Any) -> list[Update] | None:
        """Return the updates of a result; None if it has none."""
        kind, fields = _kind(result)
        match kind:
            case "message":
                return [*self._read_content(fields), *self._end_answer()]
            case "artifact-update":
                artifact = obj(fields.get("artifact"))
                return (
                    self._read_content(artifact, fields.get("append") is not True)
                    or None
                )
            case "status-update":
                return self._read_status(fields, fields.get("final") is True)
            case "task":
                return self._read_task(fields)
        return None

    def _read_task(self, task: dict[str, Any]) -> list[Update] | None:
        updates: list[Update] = []
        if not self._has_text:
            for artifact in objects(task.get("artifacts")):
                updates += self._read_content(artifact)
        status = self._read_status(task, False)
        return [*updates, *(status or [])] or None

    def _read_status(self, fields: dict[str, Any], final: bool) -> list[Update] | None:
        status = obj(fields.get("status"))
        state = text(status.get("state")).lower().removeprefix("task_state_")
        state = state.replace("_", "-")
        message = obj(status.get("message"))
        content = _text_of(message)
        if state in ("failed", "rejected"):
            return [Failed(content or f"the task is {state}")]
        if state in _ENDS or state in _WAITS or final:
            # The last message is the answer if there was no other text.
            shown = (
                self._read_content(message)
                if not self._has_text
                else _log_line(content)
            )
            why: list[Update] = []
            if state in _WAITS or state.startswith("cancel"):
                why = [make_stop("cancelled" if state not in _WAITS else state)]
            return [*shown, *why, *self._end_answer()]
        if not state:
            return None
        self.is_answering = True
        return _log_line(content)

    def _read_content(
        self, holder: dict[str, Any], separate: bool = True
    ) -> list[Update]:
        updates: list[Update] = []
        content = _text_of(holder)
        if content:
            between = "\n\n" if separate and self._has_text else ""
            self.is_answering = self._has_text = True
            updates.append(Text(between + content))
        found = [part.get("data") for part in objects(holder.get("parts"))]
        return [*updates, *(Row(data) for data in found if isinstance(data, dict))]

    def _end_answer(self) -> list[Update]:
        self.is_answering = False
        return [Ending()]


def _text_of(holder: dict[str, Any]) -> str:
    return "".join(text(part.get("text")) for part in objects(holder.get("parts")))


def _log_line(content: str) -> list[Update]:
    return [LogLine(content)] if content else []
