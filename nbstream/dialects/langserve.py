"""Read LangServe: `event: data` with the chunks of a LangChain runnable, as JSON.

A chunk is a string, a message of a model, documents, or an object with a chunk of one
branch of the runnable; other values are kept raw. `/stream_log` (operations of JSON
Patch) and `/stream_events` are read, too. The format's `event: end` has no data, so
that SSE clients drop it: the stream just ends. Source: `langserve/api_handler.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Citation, Failed, Raw, Text, Update
from .json.fields import UnknownFields, obj, objects, text, value_of
from .parts.failures import failure_in
from .parts.langchain import (
    EVENT_FIELDS,
    MESSAGE_FIELDS,
    LangChainMessages,
    is_model_message,
    message_in,
    model_chunk_in,
)
from .parts.thinking_tags import ThinkingTags

_KNOWN = f"{MESSAGE_FIELDS} {EVENT_FIELDS} ops"
# Branches that chains use for the answer, also together with other branches.
_BRANCHES = ("answer", "output", "response", "result")
# Branches that only repeat the input.
_INPUTS = frozenset(["input", "inputs", "question", "query", "chat_history"])
_OUTPUT_PATH = "/streamed_output/-"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has. A JSON string under `event: data`
    counts: in other formats it means the same."""
    if event.event != "data":
        return False
    return (
        isinstance(value, str)
        or bool(message_in(value))
        or model_chunk_in(value) is not None
        or bool(_operations_in(value))
        or bool(_documents_in(value))
    )


class LangServe:
    """Read the stream of one runnable."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._messages = LangChainMessages()
        self._thinking = ThinkingTags()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        if event.event == "error":
            return (failure_in(event, value) or Failed(event.data),)
        if event.event != "data":
            return (raw,)
        if (message := model_chunk_in(value)) is not None:
            updates = self._messages.read_chunk(message) if message else [raw]
        elif operations := _operations_in(value):
            updates = self._read_operations(operations, raw)
        else:
            read = self._read_chunk(value)
            if read is None:
                return (raw,)
            updates, message = self._thinking.read(read), message_in(value)
        fields = obj(value)
        other_fields = {k: v for k, v in fields.items() if k != _branch_of(fields)}
        has_unknown = self._unknown_fields.has_new(other_fields, message or {})
        return [raw, *updates] if has_unknown and raw not in updates else updates

    def end(self) -> Sequence[Update]:
        """Return the text that was held back."""
        return self._thinking.end()

    def _read_chunk(self, value: Any) -> list[Update] | None:
        """Return the updates of a chunk; None if it is neither text nor a message."""
        if isinstance(value, str):
            return [Text(value)] if value else []
        if message := message_in(value):
            return (
                self._messages.read_chunk(message)
                if is_model_message(message)
                else None
            )
        if isinstance(value, dict):
            inner = value.get(_branch_of(value))
            # Not a branch of a branch: bounds the recursion.
            known = not isinstance(inner, dict) or message_in(inner)
            return self._read_chunk(inner) if known and inner is not None else None
        return _documents_in(value) or None

    def _read_operations(
        self, operations: list[dict[str, Any]], raw: Raw
    ) -> list[Update]:
        """Return the additions to the output; other operations log its computation."""
        updates: list[Update] = []
        for operation in operations:
            if operation.get("path") == _OUTPUT_PATH and operation.get("op") == "add":
                read = self._read_chunk(operation.get("value"))
                updates += [raw] if read is None else read
        return updates or [raw]


def _branch_of(chunk: dict[str, Any]) -> str:
    """Return the branch of the runnable whose chunk an object has; empty if none."""
    for name in _BRANCHES:
        if isinstance(chunk.get(name), str):
            return name
    only = next(iter(chunk)) if len(chunk) == 1 else ""
    return "" if only in _INPUTS else only


def _operations_in(value: Any) -> list[dict[str, Any]]:
    """Return the operations of `/stream_log`; empty if the value has none."""
    found = objects(obj(value).get("ops"))
    return found if all("op" in item and "path" in item for item in found) else []


def _documents_in(value: Any) -> list[Update]:
    """Return documents as citations; empty if the value is not a list of them."""
    cited: list[Update] = []
    for item in objects(value):
        metadata, content = item.get("metadata"), item.get("page_content")
        if not isinstance(metadata, dict) or not isinstance(content, str):
            return []
        title, source = text(metadata.get("title")), text(metadata.get("source"))
        cited.append(Citation(title, source, content))
    return cited
