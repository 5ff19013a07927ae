"""The UI message stream of Vercel's AI SDK 5 and 6.

One JSON object an event, named by its `type`, and `[DONE]` at the end. What tools
answer, files and requests for approval have no view, and are kept raw. Source: the AI
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
from .json.fields import count, obj, text, words
from .parts.call_indexes import CallIndexes
from .parts.named_objects import NamedObjectDialect, NamedObjects, Reader
from .parts.stop_reasons import classed_failure, stopped

_KNOWN = """
    type id delta providerMetadata messageId messageMetadata finishReason reason
    toolCallId toolName inputTextDelta input output errorText providerExecuted dynamic
    title preliminary approvalId sourceId url mediaType filename data transient
"""
# What only this format calls so, of the types that may come first.
_MARKS: dict[str, tuple[str, ...]] = {
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
    """Whether only this format has such an event."""
    fields = obj(value)
    marks = _MARKS.get(text(fields.get("type")))
    return marks is not None and all(
        isinstance(fields.get(mark), str) for mark in marks
    )


class VercelUI(NamedObjectDialect):
    """Reads one UI message stream."""

    def __init__(self) -> None:
        self._calls = CallIndexes()
        self._names: dict[str, str] = {}
        self._usage: Usage | None = None
        self._answering = False
        self._reasons = False
        readers: dict[str, Reader] = {
            "start": self._used,
            "start-step": lambda message: [],
            "finish-step": lambda message: [],
            "message-metadata": lambda message: self._used(message) or None,
            "text-start": lambda message: [],
            "text-delta": self._text,
            "text-end": lambda message: [],
            "reasoning-start": self._reasoning_start,
            "reasoning-delta": self._reasoning,
            "reasoning-end": lambda message: [],
            "tool-input-start": self._tool_begins,
            "tool-input-delta": self._tool_grows,
            "tool-input-available": self._tool_is_whole,
            "tool-input-error": self._tool_input_fails,
            "tool-output-error": self._tool_fails,
            "source-url": _cited,
            "source-document": _cited,
            "error": self._error,
            "abort": self._abort,
            "finish": self._finish,
        }
        self._objects = NamedObjects("type", readers, _KNOWN, _data)

    # -- each type of chunk: its updates, or None where it is not understood -----------

    def _text(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), str):
            return None
        if not message["delta"]:
            return []
        self._answering, self._reasons = True, False
        return [Text(message["delta"])]

    def _reasoning_start(self, message: dict[str, Any]) -> list[Update]:
        # A piece of reasoning after another is a paragraph of its own.
        return [Reasoning("\n\n")] if self._reasons else []

    def _reasoning(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), str):
            return None
        if not message["delta"]:
            return []
        self._answering = self._reasons = True
        return [Reasoning(message["delta"])]

    def _tool_begins(self, message: dict[str, Any]) -> list[Update] | None:
        id, name = text(message.get("toolCallId")), text(message.get("toolName"))
        if not id:
            return None
        self._answering, self._reasons = True, False
        if len(self._names) < 1000:
            self._names[clip_name(id)] = clip_name(name)
        return [ToolCall(self._calls.index_of(id), id, name)]

    def _tool_grows(self, message: dict[str, Any]) -> list[Update] | None:
        id, piece = text(message.get("toolCallId")), message.get("inputTextDelta")
        if not id or not isinstance(piece, str):
            return None
        if not piece:
            return []
        self._answering = True
        self._calls.note_arguments(id)
        return [ToolCall(self._calls.index_of(id), arguments=piece)]

    def _tool_is_whole(self, message: dict[str, Any]) -> list[Update] | None:
        id = text(message.get("toolCallId"))
        if not id:
            return None
        if self._calls.has_arguments(id):
            return []
        begun = [] if clip_name(id) in self._names else self._tool_begins(message)
        self._calls.note_arguments(id)
        arguments = words(message.get("input"))
        whole = ToolCall(self._calls.index_of(id), arguments=arguments)
        return [*(begun or []), *([whole] if arguments else [])]

    def _tool_input_fails(self, message: dict[str, Any]) -> list[Update] | None:
        whole = self._tool_is_whole(message)
        return None if whole is None else [*whole, *(self._tool_fails(message) or [])]

    def _tool_fails(self, message: dict[str, Any]) -> list[Update] | None:
        # The answer goes on: the model is told, and may call another.
        error = text(message.get("errorText"))
        name = self._names.get(clip_name(text(message.get("toolCallId"))), "")
        return [LogLine(f"{name or 'tool'}: {error}", "error")] if error else None

    def _error(self, message: dict[str, Any]) -> list[Update] | None:
        error = text(message.get("errorText"))
        return [classed_failure(error)] if error else None

    def _abort(self, message: dict[str, Any]) -> list[Update]:
        self._answering = False
        reason = text(message.get("reason"))
        return [stopped("abort", reason and f"Its reason: {reason}.")]

    def _finish(self, message: dict[str, Any]) -> list[Update]:
        self._answering = False
        # The SDK spells its reasons with hyphens, and everyone else with underscores.
        reason = text(message.get("finishReason")).replace("-", "_")
        why: list[Update] = [stopped(reason)] if reason else []
        return [*self._used(message), *why, Ending()]

    def _used(self, message: dict[str, Any]) -> list[Update]:
        """Return the usage in a message's metadata, which are the server's own: it is
        found where the SDK's examples put it."""
        metadata = obj(message.get("messageMetadata"))
        told = obj(metadata.get("totalUsage")) or obj(metadata.get("usage")) or metadata
        cached = obj(told.get("inputTokenDetails")).get("cacheReadTokens")
        thought = obj(told.get("outputTokenDetails")).get("reasoningTokens")
        used = Usage(
            input_tokens=count(told.get("inputTokens")),
            output_tokens=count(told.get("outputTokens")),
            cached_tokens=count(told.get("cachedInputTokens", cached)),
            reasoning_tokens=count(told.get("reasoningTokens", thought)),
        )
        if used in (Usage(), self._usage):
            return []
        self._usage = used
        return [used]


def _cited(message: dict[str, Any]) -> list[Update] | None:
    title = text(message.get("title")) or text(message.get("filename"))
    url = text(message.get("url"))
    return [Citation(title, url)] if title or url else None


def _data(message: dict[str, Any]) -> list[Update] | None:
    named = text(message.get("type")).startswith("data-")
    data = message.get("data")
    return [Row(data)] if named and isinstance(data, dict) else None
