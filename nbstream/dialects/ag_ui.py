"""AG-UI, the protocol between agents and user interfaces.

One JSON object an event, named by its `type` in capitals. State, activities, results of
tools and what an application sends of its own have no view, and are kept raw. Source:
docs.ag-ui.com, "Events"; `THINKING_…` are the older names of `REASONING_…`.
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
from .json.fields import obj, objects, text, words
from .json.growth import Growth
from .parts.call_indexes import CallIndexes
from .parts.named_objects import NamedObjectDialect, NamedObjects, Reader
from .parts.stop_reasons import classed_failure

_KNOWN = """
    type timestamp rawEvent threadId runId parentRunId input messageId role delta name
    toolCallId toolCallName parentMessageId content stepName title snapshot messages
    activityType replace patch event source value subtype entityId encryptedValue
    message code result outcome metadata
"""
# What each event has besides its type, of those that only this format has.
_MARKS: dict[str, tuple[str, type]] = {
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
_NOTHING_TO_SHOW = (
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
    """Whether only this format has such an event."""
    fields = obj(value)
    mark = _MARKS.get(text(fields.get("type")))
    return mark is not None and isinstance(fields.get(mark[0]), mark[1])


class AgUi(NamedObjectDialect):
    """Reads the events of one stream of runs."""

    def __init__(self) -> None:
        self._calls = CallIndexes()
        self._last_call = ""
        self._message = ""
        self._not_answers: set[str] = set()
        # What was shown last, where nothing else came since: the next one is apart.
        self._texts = self._reasons = False
        self._apart = False
        self._streamed = self._answered = self._answering = False
        self._snapshots = Growth()
        readers: dict[str, Reader] = {
            "TEXT_MESSAGE_START": self._text_begins,
            "TEXT_MESSAGE_CONTENT": self._text,
            "TEXT_MESSAGE_CHUNK": self._text_chunk,
            "THINKING_TEXT_MESSAGE_START": self._reasoning_begins,
            "THINKING_TEXT_MESSAGE_CONTENT": self._reasoning,
            "REASONING_MESSAGE_START": self._reasoning_begins,
            "REASONING_MESSAGE_CONTENT": self._reasoning,
            "REASONING_MESSAGE_CHUNK": self._reasoning,
            "TOOL_CALL_START": self._call_begins,
            "TOOL_CALL_ARGS": self._call_grows,
            "TOOL_CALL_CHUNK": self._call_chunk,
            "STEP_STARTED": lambda message: _step(message, "running"),
            "STEP_FINISHED": lambda message: _step(message, "done", 100.0),
            "MESSAGES_SNAPSHOT": self._snapshot,
            "RUN_FINISHED": self._finished,
            "RUN_ERROR": _error,
        }
        for kind in _NOTHING_TO_SHOW:
            readers[kind] = lambda message: []
        self._objects = NamedObjects("type", readers, _KNOWN)

    # -- each type of event: its updates, or None where it is not understood -----------

    def _text_begins(self, message: dict[str, Any]) -> list[Update] | None:
        role = message.get("role", "assistant")
        self._message = text(message.get("messageId"))
        if role != "assistant":
            # What the user or the system says is no part of the answer.
            if len(self._not_answers) < 1000:
                self._not_answers.add(clip_name(self._message))
            return None
        self._apart = self._texts
        return []

    def _text(self, message: dict[str, Any]) -> list[Update] | None:
        piece = message.get("delta")
        id = text(message.get("messageId")) or self._message
        if not isinstance(piece, str) or clip_name(id) in self._not_answers:
            return None
        self._streamed = True
        return self._said(piece)

    def _text_chunk(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("messageId"))
        begins = bool(id) and id != self._message
        if begins and self._text_begins(message) is None:
            return None
        if message.get("delta") is None:
            return []
        return self._text(message)

    def _said(self, piece: str) -> list[Update]:
        if not piece:
            return []
        apart = "\n\n" if self._apart else ""
        self._answered = self._answering = self._texts = True
        self._apart = self._reasons = False
        return [Text(apart + piece)]

    def _reasoning_begins(self, message: dict[str, Any]) -> list[Update]:
        return [Reasoning("\n\n")] if self._reasons else []

    def _reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        piece = message.get("delta")
        if piece is not None and not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._answering = self._reasons = True
        self._texts = False
        return [Reasoning(piece)]

    def _call_begins(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        if not id:
            return None
        self._last_call = id
        self._answering = True
        self._texts = self._reasons = False
        return [ToolCall(self._calls.index_of(id), id, _name_of(message))]

    def _call_grows(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId")) or self._last_call
        piece = message.get("delta")
        if not id or not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._answering = True
        return [ToolCall(self._calls.index_of(id), arguments=piece)]

    def _call_chunk(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        begun = self._call_begins(message) if id and id != self._last_call else []
        if message.get("delta") is None:
            return begun
        grown = self._call_grows(message)
        return None if grown is None else [*(begun or []), *grown]

    def _snapshot(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the answer in a snapshot of the conversation, where none streamed:
        some agents have no other event for it."""
        if self._streamed:
            return None
        messages = objects(message.get("messages"))
        asked = [n for n, item in enumerate(messages) if item.get("role") == "user"]
        shown: list[Update] = []
        for place, item in enumerate(messages):
            if item.get("role") == "assistant" and place > max(asked, default=-1):
                key = text(item.get("id")) or place
                self._apart = self._texts and not self._snapshots.has_begun(key)
                new = self._snapshots.new_in(key, text(item.get("content")))
                shown += self._said(new)
        return shown or None

    def _finished(self, message: dict[str, Any]) -> list[Update]:
        self._answering = False
        # In the protocol's drafts it is a word, and now an object with more.
        outcome = message.get("outcome")
        kind = text(obj(outcome).get("type")) or text(outcome)
        updates: list[Update] = []
        result = message.get("result")
        if isinstance(result, dict) and result:
            updates.append(Row(result))
        elif result is not None and not self._answered:
            updates += self._said(words(result))
            self._answering = False
        if kind == "interrupt":
            updates += [Row(item) for item in objects(obj(outcome).get("interrupts"))]
            waits = "The run is interrupted: the agent waits for an answer."
            updates.append(Stopped(kind, waits))
        # A stream may hold several runs, one after another.
        return [*updates, Ending()]


def _name_of(message: dict[str, Any]) -> str:
    return text(message.get("toolCallName")) or text(message.get("toolName"))


def _step(
    message: dict[str, Any], state: str, percent: float | None = None
) -> list[Update] | None:
    name = text(message.get("stepName"))
    return [Progress(name, percent=percent, message=state)] if name else None


def _error(message: dict[str, Any]) -> list[Update] | None:
    told = text(message.get("message"))
    return [classed_failure(told, message.get("code"))] if told else None
