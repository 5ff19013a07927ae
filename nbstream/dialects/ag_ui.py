"""Read AG-UI, the protocol between agents and user interfaces.

Each event is one JSON object, named by its `type` in capitals. State, activities, tool
results and custom events have no view, and are kept raw. Source: docs.ag-ui.com,
"Events"; `THINKING_…` are the older names of `REASONING_…`.
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..text.clipping import clip_name
from ..updates import (
    Ending,
    Progress,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
)
from .json.fields import obj, objects, stringify, text
from .json.growth import Growth
from .parts.call_indexes import CallIndexes
from .parts.named_objects import NamedObjectDialect, NamedObjects, Reader
from .parts.stop_reasons import classify_failure

_KNOWN = """
    type timestamp rawEvent threadId runId parentRunId input messageId role delta name
    toolCallId toolCallName parentMessageId content stepName title snapshot messages
    activityType replace patch event source value subtype entityId encryptedValue
    message code result outcome metadata
"""
# A field, and its type, of each event that only this format has.
_UNIQUE_FIELDS: dict[str, tuple[str, type]] = {
    "RUN_STARTED": ("runId", str),
    "RUN_FINISHED": ("runId", str),
    "RUN_ERROR": ("message", str),
    "TEXT_MESSAGE_START": ("messageId", str),
    "TEXT_MESSAGE_CONTENT": ("delta", str),
    "TEXT_MESSAGE_CHUNK": ("delta", str),
    "THINKING_TEXT_MESSAGE_CONTENT": ("delta", str),
    "REASONING_START": ("messageId", str),
    "REASONING_MESSAGE_CONTENT": ("delta", str),
    "REASONING_MESSAGE_CHUNK": ("delta", str),
    "TOOL_CALL_START": ("toolCallId", str),
    "TOOL_CALL_CHUNK": ("toolCallId", str),
    "STATE_SNAPSHOT": ("snapshot", dict),
    "STATE_DELTA": ("delta", list),
    "MESSAGES_SNAPSHOT": ("messages", list),
}
_WITHOUT_UPDATES = (
    "RUN_STARTED",
    "TEXT_MESSAGE_END",
    "TOOL_CALL_END",
    "THINKING_START",
    "THINKING_END",
    "THINKING_TEXT_MESSAGE_END",
    "REASONING_START",
    "REASONING_END",
    "REASONING_MESSAGE_END",
    "REASONING_ENCRYPTED_VALUE",
)


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    fields = obj(value)
    mark = _UNIQUE_FIELDS.get(text(fields.get("type")))
    return mark is not None and isinstance(fields.get(mark[0]), mark[1])


class AgUi(NamedObjectDialect):
    """Read the events of one stream of runs."""

    def __init__(self) -> None:
        self._calls = CallIndexes()
        self._last_call = ""
        self._message = ""
        self._other_messages: set[str] = set()
        # The kind of the last update: another message of this kind is a new paragraph.
        self._last_is_text = self._last_is_reasoning = False
        self._needs_separator = False
        self._has_streamed = self._has_text = self._is_answering = False
        self._snapshots = Growth()
        readers: dict[str, Reader] = {
            "TEXT_MESSAGE_START": self._read_text_start,
            "TEXT_MESSAGE_CONTENT": self._read_text,
            "TEXT_MESSAGE_CHUNK": self._read_text_chunk,
            "THINKING_TEXT_MESSAGE_START": self._read_reasoning_start,
            "THINKING_TEXT_MESSAGE_CONTENT": self._read_reasoning,
            "REASONING_MESSAGE_START": self._read_reasoning_start,
            "REASONING_MESSAGE_CONTENT": self._read_reasoning,
            "REASONING_MESSAGE_CHUNK": self._read_reasoning,
            "TOOL_CALL_START": self._read_call_start,
            "TOOL_CALL_ARGS": self._read_call_arguments,
            "TOOL_CALL_CHUNK": self._read_call_chunk,
            "STEP_STARTED": lambda message: _read_step(message, "running"),
            "STEP_FINISHED": lambda message: _read_step(message, "done", 100.0),
            "MESSAGES_SNAPSHOT": self._read_snapshot,
            "RUN_FINISHED": self._read_run_finished,
            "RUN_ERROR": _read_error,
        }
        for kind in _WITHOUT_UPDATES:
            readers[kind] = lambda message: []
        self._objects = NamedObjects("type", readers, _KNOWN)

    # -- each type of event: its updates, or None if it is not understood --------------

    def _read_text_start(self, message: dict[str, Any]) -> list[Update] | None:
        role = message.get("role", "assistant")
        self._message = text(message.get("messageId"))
        if role != "assistant":
            # Messages of the user or the system are not part of the answer.
            if len(self._other_messages) < 1000:
                self._other_messages.add(clip_name(self._message))
            return None
        self._needs_separator = self._last_is_text
        return []

    def _read_text(self, message: dict[str, Any]) -> list[Update] | None:
        piece = message.get("delta")
        id = text(message.get("messageId")) or self._message
        if not isinstance(piece, str) or clip_name(id) in self._other_messages:
            return None
        self._has_streamed = True
        return self._add_text(piece)

    def _read_text_chunk(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("messageId"))
        begins = bool(id) and id != self._message
        if begins and self._read_text_start(message) is None:
            return None
        if message.get("delta") is None:
            return []
        return self._read_text(message)

    def _add_text(self, piece: str) -> list[Update]:
        if not piece:
            return []
        separator = "\n\n" if self._needs_separator else ""
        self._has_text = self._is_answering = self._last_is_text = True
        self._needs_separator = self._last_is_reasoning = False
        return [Text(separator + piece)]

    def _read_reasoning_start(self, message: dict[str, Any]) -> list[Update]:
        return [Reasoning("\n\n")] if self._last_is_reasoning else []

    def _read_reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        piece = message.get("delta")
        if piece is not None and not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._is_answering = self._last_is_reasoning = True
        self._last_is_text = False
        return [Reasoning(piece)]

    def _read_call_start(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        if not id:
            return None
        self._last_call = id
        self._is_answering = True
        self._last_is_text = self._last_is_reasoning = False
        return [ToolCall(self._calls.index_of(id), id, _name_of(message))]

    def _read_call_arguments(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId")) or self._last_call
        piece = message.get("delta")
        if not id or not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._is_answering = True
        return [ToolCall(self._calls.index_of(id), arguments=piece)]

    def _read_call_chunk(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        begin = self._read_call_start(message) if id and id != self._last_call else []
        if message.get("delta") is None:
            return begin
        grown = self._read_call_arguments(message)
        return None if grown is None else [*(begin or []), *grown]

    def _read_snapshot(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the answer in a snapshot of the conversation, unless it was streamed:
        some agents send it only in snapshots."""
        if self._has_streamed:
            return None
        messages = objects(message.get("messages"))
        questions = [n for n, item in enumerate(messages) if item.get("role") == "user"]
        shown: list[Update] = []
        for place, item in enumerate(messages):
            if item.get("role") == "assistant" and place > max(questions, default=-1):
                key = text(item.get("id")) or place
                self._needs_separator = (
                    self._last_is_text and not self._snapshots.has_begun(key)
                )
                new = self._snapshots.new_in(key, text(item.get("content")))
                shown += self._add_text(new)
        return shown or None

    def _read_run_finished(self, message: dict[str, Any]) -> list[Update]:
        self._is_answering = False
        # A string in drafts of the protocol, now an object.
        outcome = message.get("outcome")
        kind = text(obj(outcome).get("type")) or text(outcome)
        updates: list[Update] = []
        result = message.get("result")
        if isinstance(result, dict) and result:
            updates.append(Row(result))
        elif result is not None and not self._has_text:
            updates += self._add_text(stringify(result))
            self._is_answering = False
        if kind == "interrupt":
            updates += [Row(item) for item in objects(obj(outcome).get("interrupts"))]
            waits = "The run is interrupted: the agent waits for an answer."
            updates.append(Stopped(kind, waits))
        # A stream may hold several runs, one after another.
        return [*updates, Ending()]


def _name_of(message: dict[str, Any]) -> str:
    return text(message.get("toolCallName")) or text(message.get("toolName"))


def _read_step(
    message: dict[str, Any], state: str, percent: float | None = None
) -> list[Update] | None:
    name = text(message.get("stepName"))
    return [Progress(name, percent=percent, message=state)] if name else None


def _read_error(message: dict[str, Any]) -> list[Update] | None:
    error = text(message.get("message"))
    return [classify_failure(error, message.get("code"))] if error else None
