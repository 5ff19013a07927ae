"""Anthropic's Messages stream.

What tools of the server's own answer has no view, and is kept raw; so are events,
kinds of content and fields that are not known. Signatures are for machines only.

A whole message, as it comes where no stream was asked for, is read too. So is what the
SDK's `client.messages.stream(…)` yields: beside each event of the wire one that says it
again with all that came so far (anthropic/lib/streaming/_types.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Citation,
    Finished,
    Raw,
    Reasoning,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.error_message import extract_error_message
from .json.fields import UnknownFields, count, message_of, obj, objects, stringify, text
from .parts.failures import ERROR_KINDS
from .parts.stop_reasons import make_cut_off, make_failure, make_stop

EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    }
)
"""The types of events that only this format has."""

_KNOWN = """
    type index message delta content_block usage error request_id context_management
    id role model content stop_reason stop_sequence stop_details container diagnostics
    text citations citation thinking signature data name input caller partial_json
    snapshot parsed_output
"""
# Which field the SDK's own events repeat of the deltas beside them.
_HELPERS = {
    "text": "text",
    "thinking": "thinking",
    "input_json": "partial_json",
    "citation": "citation",
    "signature": "signature",
    "compaction": "content",
}
_WITHOUT_SNAPSHOT = ("signature", "compaction")
_INNER = ("delta", "content_block", "message", "error")
_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
# An answer has a few; a server that never ends them has no more of our memory.
_MAX_OPEN = 100


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """Whether only this format has such an event: of a stream, a whole message, or of
    the SDK's helpers."""
    fields = obj(value)
    kind = text(fields.get("type")) or event.event
    error = obj(fields.get("error"))
    return (
        kind in EVENTS
        or (event.event == kind == "error" and bool(text(error.get("type"))))
        or (kind in _HELPERS and _HELPERS[kind] in fields and "snapshot" in fields)
        or _is_whole(fields)
    )


def _is_whole(fields: dict[str, Any]) -> bool:
    return (
        fields.get("type") == "message"
        and "role" in fields
        and isinstance(fields.get("content"), list)
    )


class Anthropic:
    """Reads one Messages stream."""

    def __init__(self) -> None:
        self._unknown = UnknownFields(_KNOWN)
        self._usage: dict[str, int] = {}
        # Inputs of tools that were told as a whole; pieces, if they come, count.
        self._inputs: dict[int, str] = {}
        self._reasons = False
        self._answering = False
        self._keeps_event = False
        """Whether a part of the event is not known, so that it is kept as it came."""
        self._has_wire = False
        """Whether events of the wire came: the SDK's own, beside them, add nothing."""
        self._readers: dict[str, Callable[[dict[str, Any]], list[Update] | None]] = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": lambda message: [Finished()],
            "ping": lambda message: [],
            "error": _error,
            "message": self._message,
        } | dict.fromkeys(_HELPERS, self._helper)

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means."""
        message = message_of(event.data)
        if message is None:
            done = event.data.strip() == "[DONE]"
            return (Finished() if done else Raw(event.event, event.data),)
        kind = text(message.get("type", event.event))
        if kind not in self._readers and event.event.lower() in ERROR_KINDS:
            kind = "error"
        self._has_wire |= kind in EVENTS
        reader = self._readers.get(kind)
        updates = reader(message) if reader is not None else None
        if updates is None:
            return (Raw(event.event, event.data),)
        inner = (obj(message.get(key)) for key in _INNER)
        rest, self._keeps_event = self._keeps_event, False
        if rest or self._unknown.has_new(message, *inner):
            updates.insert(0, Raw(event.event, event.data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return what is left to say when the stream ended without saying so."""
        return (make_cut_off(),) if self._answering else ()

    # -- each type of event: its updates, or None where it is not understood -----------

    def _message_start(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("message"), dict):
            return None
        self._answering = True
        return self._used(obj(message.get("message")).get("usage"))

    def _message_delta(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), dict):
            return None
        delta = obj(message.get("delta"))
        updates = self._used(message.get("usage"))
        if reason := text(delta.get("stop_reason")):
            self._answering = False
            updates.append(make_stop(reason, _explained(delta.get("stop_details"))))
        return updates

    def _block_start(self, message: dict[str, Any]) -> list[Update] | None:
        index = count(message.get("index"))
        block = obj(message.get("content_block"))
        kind = text(block.get("type"))
        if kind == "text":
            cited = _cited(*objects(block.get("citations")))
            return [*self._said(block.get("text")), *cited]
        if kind == "thinking":
            return self._thought(block.get("thinking"), begins=True)
        if kind == "redacted_thinking":
            return self._thought("[encrypted]", begins=True)
        if kind.endswith("tool_use") and index is not None:
            self._reasons = False
            if (whole := block.get("input")) and len(self._inputs) < _MAX_OPEN:
                self._inputs[index] = stringify(whole)
            return [ToolCall(index, text(block.get("id")), text(block.get("name")))]
        return None

    def _block_delta(self, message: dict[str, Any]) -> list[Update] | None:
        delta = obj(message.get("delta"))
        match delta.get("type"):
            case "text_delta" if isinstance(delta.get("text"), str):
                return self._said(delta["text"])
            case "thinking_delta" if isinstance(delta.get("thinking"), str):
                return self._thought(delta["thinking"])
            case "signature_delta":
                return []
            case "input_json_delta" if isinstance(delta.get("partial_json"), str):
                index, piece = count(message.get("index")), delta["partial_json"]
                if index is None:
                    return None
                if piece:
                    self._inputs.pop(index, None)
                return [ToolCall(index, arguments=piece)] if piece else []
            case "citations_delta" if isinstance(delta.get("citation"), dict):
                return _cited(delta["citation"])
        return None

    def _block_stop(self, message: dict[str, Any]) -> list[Update]:
        index = count(message.get("index"))
        whole = self._inputs.pop(index, "") if index is not None else ""
        return [ToolCall(index or 0, arguments=whole)] if whole else []

    def _message(self, message: dict[str, Any]) -> list[Update] | None:
        """Return what a whole message means; nothing new where it closes a stream."""
        if not _is_whole(message):
            return None
        if self._has_wire:
            return []
        updates: list[Update] = []
        for index, block in enumerate(objects(message.get("content"))):
            at = {"index": index, "content_block": block}
            read = self._block_start(at)
            self._keeps_event |= read is None
            updates += [*(read or ()), *self._block_stop(at)]
        updates += self._used(message.get("usage"))
        if reason := text(message.get("stop_reason")):
            updates.append(make_stop(reason, _explained(message.get("stop_details"))))
        return updates

    def _helper(self, message: dict[str, Any]) -> list[Update] | None:
        """Return what an event of the SDK's own means where a program kept only
        these."""
        kind = text(message.get("type"))
        told = message.get(_HELPERS.get(kind, ""))
        whole = "snapshot" in message or kind in _WITHOUT_SNAPSHOT
        if not whole or not isinstance(told, str | dict):
            return None
        if self._has_wire or kind == "signature":
            return []
        match kind, told:
            case "text", str():
                return self._said(told)
            case "thinking", str():
                return self._thought(told)
            case "citation", dict():
                return _cited(told)
        return None

    # -- what they tell ----------------------------------------------------------------

    def _said(self, piece: Any) -> list[Update]:
        if not (said := text(piece)):
            return []
        self._reasons = False
        return [Text(said)]

    def _thought(self, piece: Any, *, begins: bool = False) -> list[Update]:
        # A piece of reasoning after another is a paragraph of its own.
        apart = "\n\n" if begins and self._reasons else ""
        thought = apart + text(piece)
        self._reasons = self._reasons or begins or bool(thought)
        return [Reasoning(thought)] if thought else []

    def _used(self, told: Any) -> list[Update]:
        told = obj(told)
        details = obj(told.get("output_tokens_details"))
        named = {key: told.get(key) for key in (*_INPUT, "output_tokens")}
        named["thinking_tokens"] = details.get("thinking_tokens")
        known = {k: n for k, v in named.items() if (n := count(v)) is not None}
        if not known:
            return []
        self._usage |= known
        used = self._usage
        # What came from a cache, or went into one, is input that it counts apart.
        whole = [used[key] for key in _INPUT if key in used]
        return [
            Usage(
                input_tokens=sum(whole) if whole else None,
                output_tokens=used.get("output_tokens"),
                cached_tokens=used.get("cache_read_input_tokens"),
                reasoning_tokens=used.get("thinking_tokens"),
            )
        ]


def _error(message: dict[str, Any]) -> list[Update]:
    error = message.get("error")
    said = extract_error_message(message) or (stringify(error) if error else "")
    fields = obj(error)
    kinds = (fields.get("type"), fields.get("code"), message.get("type"))
    return [make_failure(said, *(kind for kind in kinds if kind != "error"))]


def _explained(details: Any) -> str:
    told = obj(details)
    category = text(told.get("category"))
    return text(told.get("explanation")) or (category and f"Its reason: {category}.")


def _cited(*citations: dict[str, Any]) -> list[Update]:
    return [
        Citation(
            title=text(cited.get("title")) or text(cited.get("document_title")),
            url=text(cited.get("url")) or text(cited.get("source")),
            quote=text(cited.get("cited_text")),
        )
        for cited in citations
    ]
