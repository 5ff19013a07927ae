"""LangServe: `event: data` with the chunks of a LangChain runnable, as JSON.

A chunk is a string, a message of a model, documents, or an object with a chunk of one
branch of the runnable; anything else is kept raw. Also read are `/stream_log`
(operations of JSON Patch) and `/stream_events`. The format's `event: end` has no data,
so that no client sees it: the end of the stream is the end. Source:
`langserve/api_handler.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Citation, Failed, Raw, Text, Update
from .json.fields import UnknownFields, obj, objects, text, value_of
from .parts.common_events import failure_in
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
# The branches that chains give to their answers, whatever stands beside them.
_BRANCHES = ("answer", "output", "response", "result")
# The branches that only pass on what was asked.
_INPUTS = frozenset(["input", "inputs", "question", "query", "chat_history"])
_STREAMED = "/streamed_output/-"


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event. A JSON string under `event: data` is
    taken for one: whoever else sends it means the same."""
    if event.event != "data":
        return False
    return (
        isinstance(value, str)
        or bool(message_in(value))
        or model_chunk_in(value) is not None
        or bool(_operations(value))
        or bool(_documents(value))
    )


class LangServe:
    """Reads the stream of one runnable."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        self._messages = LangChainMessages()
        self._thinking = ThinkingTags()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        raw = Raw(event.event, event.data)
        value = value_of(event.data)
        if event.event == "error":
            return (failure_in(event, value) or Failed(event.data),)
        if event.event != "data":
            return (raw,)
        if (message := model_chunk_in(value)) is not None:
            updates = self._messages.read_chunk(message) if message else [raw]
        elif operations := _operations(value):
            updates = self._patched(operations, raw)
        else:
            read = self._chunk(value)
            if read is None:
                return (raw,)
            updates, message = self._thinking.read(read), message_in(value)
        fields = obj(value)
        beside = {k: v for k, v in fields.items() if k != _branch_of(fields)}
        news = self._unknown.has_new(beside, message or {})
        return [raw, *updates] if news and raw not in updates else updates

    def end(self) -> Sequence[Update]:
        """Return what is held back: the format's own end reaches no client."""
        return self._thinking.end()

    def _chunk(self, value: Any) -> list[Update] | None:
        """Return what a chunk adds; None where it is no text and no message."""
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
            # Not a branch of a branch: JSON may be nested without end.
            known = not isinstance(inner, dict) or message_in(inner)
            return self._chunk(inner) if known and inner is not None else None
        return _documents(value) or None

    def _patched(self, operations: list[dict[str, Any]], raw: Raw) -> list[Update]:
        """Return what the operations add to the output; the others only log its way."""
        updates: list[Update] = []
        for operation in operations:
            if operation.get("path") == _STREAMED and operation.get("op") == "add":
                read = self._chunk(operation.get("value"))
                updates += [raw] if read is None else read
        return updates or [raw]


def _branch_of(chunk: dict[str, Any]) -> str:
    """Return which branch of a runnable an object has a chunk of; empty if none."""
    for name in _BRANCHES:
        if isinstance(chunk.get(name), str):
            return name
    only = next(iter(chunk)) if len(chunk) == 1 else ""
    return "" if only in _INPUTS else only


def _operations(value: Any) -> list[dict[str, Any]]:
    """Return the operations of `/stream_log`; empty where the value has none."""
    found = objects(obj(value).get("ops"))
    return found if all("op" in item and "path" in item for item in found) else []


def _documents(value: Any) -> list[Update]:
    """Return documents as sources; empty where the value is no list of documents."""
    cited: list[Update] = []
    for item in objects(value):
        metadata, content = item.get("metadata"), item.get("page_content")
        if not isinstance(metadata, dict) or not isinstance(content, str):
            return []
        title, source = text(metadata.get("title")), text(metadata.get("source"))
        cited.append(Citation(title, source, content))
    return cited
