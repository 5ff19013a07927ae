"""Flowise's predictions: `{"event": …, "data": …}` and nothing else in each event.

What agents do on their way, files and ids have no view, and are kept raw. Source:
docs.flowiseai.com, "Streaming", and the server's `SSEStreamer`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Citation,
    Finished,
    Reasoning,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import count, obj, objects, stringify, text
from .parts.named_objects import NamedObjects, Reader
from .parts.stop_reasons import classify_failure, make_cut_off, make_stop

# The events that only this format has, each with the type of its data. `start`, `end`
# and `metadata` are everyone's.
_MARKS: dict[str, type] = {
    "token": str,
    "error": str,
    "sourceDocuments": list,
    "usedTools": list,
    "calledTools": list,
    "agentReasoning": list,
    "agentFlowExecutedData": list,
    "agentFlowEvent": str,
    "usageMetadata": dict,
}


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event."""
    fields = obj(value)
    if event.event != "message" or fields.keys() != {"event", "data"}:
        return False
    if fields == {"event": "start", "data": ""}:
        return True
    mark = _MARKS.get(text(fields["event"]))
    return mark is not None and isinstance(fields["data"], mark)


class Flowise:
    """Reads the stream of one prediction."""

    def __init__(self) -> None:
        self._calls = 0
        self._answering = False
        readers: dict[str, Callable[[Any], list[Update] | None]] = {
            # Where it is not empty, it is the first token, which comes again as one.
            "start": lambda data: [] if isinstance(data, str) else None,
            "token": lambda data: self._said(Text, data),
            "thinking": lambda data: self._said(Reasoning, data),
            "sourceDocuments": _cited,
            "usedTools": lambda data: self._called(data, "tool", "toolInput"),
            "calledTools": lambda data: self._called(data, "name", "args"),
            "usageMetadata": _used,
            "error": lambda data: [classify_failure(stringify(data))],
            "abort": self._abort,
            "end": self._end,
        }
        of_message = {name: _of_data(read) for name, read in readers.items()}
        self._objects = NamedObjects("event", of_message, "event data")

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        return self._objects.read(event)

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        return (make_cut_off(),) if self._answering else ()

    def _said(self, kind: type[Text | Reasoning], data: Any) -> list[Update] | None:
        if not isinstance(data, str):
            return None
        self._answering = self._answering or bool(data)
        return [kind(data)] if data else []

    def _called(self, data: Any, name: str, arguments: str) -> list[Update] | None:
        updates: list[Update] = []
        for call in objects(data):
            called = text(call.get(name)), stringify(call.get(arguments))
            if any(called):
                updates.append(ToolCall(self._calls, text(call.get("id")), *called))
                self._calls += 1
        self._answering = self._answering or bool(updates)
        return updates or None

    def _abort(self, data: Any) -> list[Update]:
        self._answering = False
        return [make_stop("abort")]

    def _end(self, data: Any) -> list[Update]:
        self._answering = False
        return [Finished()]


def _of_data(read: Callable[[Any], list[Update] | None]) -> Reader:
    return lambda message: read(message.get("data"))


def _cited(data: Any) -> list[Update] | None:
    cited: list[Update] = []
    for document in objects(data):
        metadata = obj(document.get("metadata"))
        quote = text(document.get("pageContent"))
        source = text(metadata.get("source"))
        if quote or source:
            cited.append(Citation(text(metadata.get("title")), source, quote))
    return cited or None


def _used(data: Any) -> list[Update] | None:
    told = obj(data)
    used = Usage(count(told.get("input_tokens")), count(told.get("output_tokens")))
    return None if used == Usage() else [used]
