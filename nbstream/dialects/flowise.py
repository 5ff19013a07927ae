"""Read Flowise's predictions: each event is only `{"event": …, "data": …}`.

Steps of agents, files and ids have no view, and are kept raw. Source:
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

# The events that only this format has, each with the type of its data. Other formats
# have `start`, `end` and `metadata`, too.
_UNIQUE_EVENTS: dict[str, type] = {
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
    """True for an event that only this format has."""
    fields = obj(value)
    if event.event != "message" or fields.keys() != {"event", "data"}:
        return False
    if fields == {"event": "start", "data": ""}:
        return True
    mark = _UNIQUE_EVENTS.get(text(fields["event"]))
    return mark is not None and isinstance(fields["data"], mark)


class Flowise:
    """Read the stream of one prediction."""

    def __init__(self) -> None:
        self._calls = 0
        self._is_answering = False
        readers: dict[str, Callable[[Any], list[Update] | None]] = {
            # If not empty, the data is the first token, which a `token` event repeats.
            "start": lambda data: [] if isinstance(data, str) else None,
            "token": lambda data: self._read_text(Text, data),
            "thinking": lambda data: self._read_text(Reasoning, data),
            "sourceDocuments": _read_citations,
            "usedTools": lambda data: self._read_calls(data, "tool", "toolInput"),
            "calledTools": lambda data: self._read_calls(data, "name", "args"),
            "usageMetadata": _read_usage,
            "error": lambda data: [classify_failure(stringify(data))],
            "abort": self._read_abort,
            "end": self._read_end,
        }
        message_readers = {name: _pass_data(read) for name, read in readers.items()}
        self._objects = NamedObjects("event", message_readers, "event data")

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        return self._objects.read(event)

    def end(self) -> Sequence[Update]:
        """Return a truncated answer's `Stopped`, if the answer has not ended."""
        return (make_cut_off(),) if self._is_answering else ()

    def _read_text(
        self, kind: type[Text | Reasoning], data: Any
    ) -> list[Update] | None:
        if not isinstance(data, str):
            return None
        self._is_answering = self._is_answering or bool(data)
        return [kind(data)] if data else []

    def _read_calls(self, data: Any, name: str, arguments: str) -> list[Update] | None:
        updates: list[Update] = []
        for call in objects(data):
            name_and_arguments = text(call.get(name)), stringify(call.get(arguments))
            if any(name_and_arguments):
                updates.append(
                    ToolCall(self._calls, text(call.get("id")), *name_and_arguments)
                )
                self._calls += 1
        self._is_answering = self._is_answering or bool(updates)
        return updates or None

    def _read_abort(self, data: Any) -> list[Update]:
        self._is_answering = False
        return [make_stop("abort")]

    def _read_end(self, data: Any) -> list[Update]:
        self._is_answering = False
        return [Finished()]


def _pass_data(read: Callable[[Any], list[Update] | None]) -> Reader:
    return lambda message: read(message.get("data"))


def _read_citations(data: Any) -> list[Update] | None:
    cited: list[Update] = []
    for document in objects(data):
        metadata = obj(document.get("metadata"))
        quote = text(document.get("pageContent"))
        source = text(metadata.get("source"))
        if quote or source:
            cited.append(Citation(text(metadata.get("title")), source, quote))
    return cited or None


def _read_usage(data: Any) -> list[Update] | None:
    usage = obj(data)
    used = Usage(count(usage.get("input_tokens")), count(usage.get("output_tokens")))
    return None if used == Usage() else [used]
