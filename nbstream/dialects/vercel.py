"""Read the UI message stream of Vercel's AI SDK 5 and 6.

Each event is one JSON object, named by its `type`, with `[DONE]` at the end. Tool
results, files and requests for approval have no view, and are kept raw. Source: the AI
SDK's documentation, "Stream Protocols", and its schema of UI message chunks.
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..text.clipping import clip_name
from ..updates import (
    Citation,
    Ending,
    LogLine,
    Reasoning,
    Row,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import count, obj, stringify, text
from .parts.call_indexes import CallIndexes
from .parts.named_objects import NamedObjectDialect, NamedObjects, Reader
from .parts.stop_reasons import classify_failure, make_stop

_KNOWN = """
    type id delta providerMetadata messageId messageMetadata finishReason reason
    toolCallId toolName inputTextDelta input output errorText providerExecuted dynamic
    title preliminary approvalId sourceId url mediaType filename data transient
"""
# Fields of each event that identify the format, of the types that may come first.
_UNIQUE_FIELDS: dict[str, tuple[str, ...]] = {
    "start": ("messageId",),
    "text-start": ("id",),
    "text-delta": ("id", "delta"),
    "reasoning-start": ("id",),
    "reasoning-delta": ("id", "delta"),
    "tool-input-start": ("toolCallId", "toolName"),
    "tool-input-delta": ("toolCallId", "inputTextDelta"),
    "tool-input-available": ("toolCallId", "toolName"),
    "tool-output-available": ("toolCallId",),
    "source-url": ("sourceId", "url"),
    "source-document": ("sourceId", "title"),
    "error": ("errorText",),
}


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    fields = obj(value)
    marks = _UNIQUE_FIELDS.get(text(fields.get("type")))
    return marks is not None and all(
        isinstance(fields.get(mark), str) for mark in marks
    )


class VercelUI(NamedObjectDialect):
    """Read one UI message stream."""

    def __init__(self) -> None:
        self._calls = CallIndexes()
        self._names: dict[str, str] = {}
        self._usage: Usage | None = None
        self._is_answering = False
        self._is_reasoning = False
        readers: dict[str, Reader] = {
            "start": self._read_usage,
            "start-step": lambda message: [],
            "finish-step": lambda message: [],
            "message-metadata": lambda message: self._read_usage(message) or None,
            "text-start": lambda message: [],
            "text-delta": self._read_text,
            "text-end": lambda message: [],
            "reasoning-start": self._read_reasoning_start,
            "reasoning-delta": self._read_reasoning,
            "reasoning-end": lambda message: [],
            "tool-input-start": self._read_tool_start,
            "tool-input-delta": self._read_tool_delta,
            "tool-input-available": self._read_whole_tool,
            "tool-input-error": self._read_tool_input_error,
            "tool-output-error": self._read_tool_error,
            "source-url": _read_citation,
            "source-document": _read_citation,
            "error": self._read_error,
            "abort": self._read_abort,
            "finish": self._read_finish,
        }
        self._objects = NamedObjects("type", readers, _KNOWN, _read_data)

    # -- each type of chunk: its updates, or None if it is not understood --------------

    def _read_text(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), str):
            return None
        if not message["delta"]:
            return []
        self._is_answering, self._is_reasoning = True, False
        return [Text(message["delta"])]

    def _read_reasoning_start(self, message: dict[str, Any]) -> list[Update]:
        # Successive parts of reasoning are paragraphs.
        return [Reasoning("\n\n")] if self._is_reasoning else []

    def _read_reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), str):
            return None
        if not message["delta"]:
            return []
        self._is_answering = self._is_reasoning = True
        return [Reasoning(message["delta"])]

    def _read_tool_start(self, message: dict[str, Any]) -> list[Update] | None:
        id, name = text(message.get("toolCallId")), text(message.get("toolName"))
        if not id:
            return None
        self._is_answering, self._is_reasoning = True, False
        if len(self._names) < 1000:
            self._names[clip_name(id)] = clip_name(name)
        return [ToolCall(self._calls.index_of(id), id, name)]

    def _read_tool_delta(self, message: dict[str, Any]) -> list[Update] | None:
        id, piece = text(message.get("toolCallId")), message.get("inputTextDelta")
        if not id or not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._is_answering = True
        self._calls.note_arguments(id)
        return [ToolCall(self._calls.index_of(id), arguments=piece)]

    def _read_whole_tool(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        if not id:
            return None
        if self._calls.has_arguments(id):
            return []
        begin = [] if clip_name(id) in self._names else self._read_tool_start(message)
        self._calls.note_arguments(id)
        arguments = stringify(message.get("input"))
        whole = ToolCall(self._calls.index_of(id), arguments=arguments)
        return [*(begin or []), *([whole] if arguments else [])]

    def _read_tool_input_error(self, message: dict[str, Any]) -> list[Update] | None:
        whole = self._read_whole_tool(message)
        return (
            None if whole is None else [*whole, *(self._read_tool_error(message) or [])]
        )

    def _read_tool_error(self, message: dict[str, Any]) -> list[Update] | None:
        # Not a failure of the stream: the model gets the error and continues.
        error = text(message.get("errorText"))
        name = self._names.get(clip_name(text(message.get("toolCallId"))), "")
        return [LogLine(f"{name or 'tool'}: {error}", "error")] if error else None

    def _read_error(self, message: dict[str, Any]) -> list[Update] | None:
        error = text(message.get("errorText"))
        return [classify_failure(error)] if error else None

    def _read_abort(self, message: dict[str, Any]) -> list[Update]:
        self._is_answering = False
        reason = text(message.get("reason"))
        return [make_stop("abort", reason and f"Its reason: {reason}")]

    def _read_finish(self, message: dict[str, Any]) -> list[Update]:
        self._is_answering = False
        # The SDK spells stop reasons with hyphens, all others with underscores.
        reason = text(message.get("finishReason")).replace("-", "_")
        why: list[Update] = [make_stop(reason)] if reason else []
        return [*self._read_usage(message), *why, Ending()]

    def _read_usage(self, message: dict[str, Any]) -> list[Update]:
        """Return the usage in a message's metadata, which has no schema: it is read
        where the SDK's examples put it."""
        metadata = obj(message.get("messageMetadata"))
        usage = (
            obj(metadata.get("totalUsage")) or obj(metadata.get("usage")) or metadata
        )
        cached = obj(usage.get("inputTokenDetails")).get("cacheReadTokens")
        thought = obj(usage.get("outputTokenDetails")).get("reasoningTokens")
        used = Usage(
            input_tokens=count(usage.get("inputTokens")),
            output_tokens=count(usage.get("outputTokens")),
            cached_tokens=count(usage.get("cachedInputTokens", cached)),
            reasoning_tokens=count(usage.get("reasoningTokens", thought)),
        )
        if used in (Usage(), self._usage):
            return []
        self._usage = used
        return [used]


def _read_citation(message: dict[str, Any]) -> list[Update] | None:
    title = text(message.get("title")) or text(message.get("filename"))
    url = text(message.get("url"))
    return [Citation(title, url)] if title or url else None


def _read_data(message: dict[str, Any]) -> list[Update] | None:
    named = text(message.get("type")).startswith("data-")
    data = message.get("data")
    return [Row(data)] if named and isinstance(data, dict) else None
