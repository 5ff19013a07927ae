"""Read Anthropic's Messages stream.

Results of server tools have no view, and are kept raw; so are unknown events, kinds of
content and fields. Signatures are dropped.

A whole message, the response without `stream`, is read too. So are the events of the
SDK's `client.messages.stream(…)`: after each event of the API the SDK yields one of its
own that repeats it with a snapshot (anthropic/lib/streaming/_types.py).

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Citation, Finished, Raw, Reasoning, Text, ToolCall, Update, Usage
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
# The field of each SDK event that repeats a delta of the API.
_SDK_EVENTS = {
    "text": "text",
    "thinking": "thinking",
    "input_json": "partial_json",
    "citation": "citation",
    "signature": "signature",
    "compaction": "content",
}
_WITHOUT_SNAPSHOT = ("signature", "compaction")
_NESTED = ("delta", "content_block", "message", "error")
_INPUT_TOKENS = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
# Bounds memory; an answer has a few open tool calls.
_MAX_OPEN = 100


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has: of the stream, a whole message, or
    one of the SDK's own."""
    fields = obj(value)
    kind = text(fields.get("type")) or event.event
    error = obj(fields.get("error"))
    return (
        kind in EVENTS
        or (event.event == kind == "error" and bool(text(error.get("type"))))
        or (
            kind in _SDK_EVENTS and _SDK_EVENTS[kind] in fields and "snapshot" in fields
        )
        or _is_whole_message(fields)
    )


def _is_whole_message(fields: dict[str, Any]) -> bool:
    return (
        fields.get("type") == "message"
        and "role" in fields
        and isinstance(fields.get("content"), list)
    )


class Anthropic:
    """Read one Messages stream."""

    def __init__(self) -> None:
        self._unknown_fields = UnknownFields(_KNOWN)
        self._usage: dict[str, int] = {}
        # Whole inputs of tool calls, by index, which pieces that follow replace.
        self._whole_inputs: dict[int, str] = {}
        self._is_reasoning = False
        self._is_answering = False
        self._has_unknown_part = False
        """True if a part of the event is unknown, so that the event is kept raw."""
        self._has_api_events = False
        """True after an event of the API: then those of the SDK are repeats."""
        self._readers: dict[str, Callable[[dict[str, Any]], list[Update] | None]] = {
            "message_start": self._read_message_start,
            "content_block_start": self._read_block_start,
            "content_block_delta": self._read_block_delta,
            "content_block_stop": self._read_block_stop,
            "message_delta": self._read_message_delta,
            "message_stop": lambda message: [Finished()],
            "ping": lambda message: [],
            "error": _read_error,
            "message": self._read_whole,
        } | dict.fromkeys(_SDK_EVENTS, self._read_sdk_event)

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of the event; one `Raw` if it is not understood."""
        message = message_of(event.data)
        if message is None:
            done = event.data.strip() == "[DONE]"
            return (Finished() if done else Raw(event.event, event.data),)
        kind = text(message.get("type", event.event))
        if kind not in self._readers and event.event.lower() in ERROR_KINDS:
            kind = "error"
        self._has_api_events |= kind in EVENTS
        reader = self._readers.get(kind)
        updates = reader(message) if reader is not None else None
        if updates is None:
            return (Raw(event.event, event.data),)
        inner = (obj(message.get(key)) for key in _NESTED)
        rest, self._has_unknown_part = self._has_unknown_part, False
        if rest or self._unknown_fields.has_new(message, *inner):
            updates.insert(0, Raw(event.event, event.data))
        return updates

    def end(self) -> Sequence[Update]:
        """Return a truncated answer's `Stopped`, if the answer has not ended."""
        return (make_cut_off(),) if self._is_answering else ()

    # -- each type of event: its updates, or None if it is not understood --------------

    def _read_message_start(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("message"), dict):
            return None
        self._is_answering = True
        return self._read_usage(obj(message.get("message")).get("usage"))

    def _read_message_delta(self, message: dict[str, Any]) -> list[Update] | None:
        if not isinstance(message.get("delta"), dict):
            return None
        delta = obj(message.get("delta"))
        updates = self._read_usage(message.get("usage"))
        if reason := text(delta.get("stop_reason")):
            self._is_answering = False
            updates.append(
                make_stop(reason, _explanation_in(delta.get("stop_details")))
            )
        return updates

    def _read_block_start(self, message: dict[str, Any]) -> list[Update] | None:
        index = count(message.get("index"))
        block = obj(message.get("content_block"))
        kind = text(block.get("type"))
        if kind == "text":
            cited = _read_citations(*objects(block.get("citations")))
            return [*self._read_text(block.get("text")), *cited]
        if kind == "thinking":
            return self._read_reasoning(block.get("thinking"), begins=True)
        if kind == "redacted_thinking":
            return self._read_reasoning("[encrypted]", begins=True)
        if kind.endswith("tool_use") and index is not None:
            self._is_reasoning = False
            if (whole := block.get("input")) and len(self._whole_inputs) < _MAX_OPEN:
                self._whole_inputs[index] = stringify(whole)
            return [ToolCall(index, text(block.get("id")), text(block.get("name")))]
        return None

    def _read_block_delta(self, message: dict[str, Any]) -> list[Update] | None:
        delta = obj(message.get("delta"))
        match delta.get("type"):
            case "text_delta" if isinstance(delta.get("text"), str):
                return self._read_text(delta["text"])
            case "thinking_delta" if isinstance(delta.get("thinking"), str):
                return self._read_reasoning(delta["thinking"])
            case "signature_delta":
                return []
            case "input_json_delta" if isinstance(delta.get("partial_json"), str):
                index, piece = count(message.get("index")), delta["partial_json"]
                if index is None:
                    return None
                if piece:
                    self._whole_inputs.pop(index, None)
                return [ToolCall(index, arguments=piece)] if piece else []
            case "citations_delta" if isinstance(delta.get("citation"), dict):
                return _read_citations(delta["citation"])
        return None

    def _read_block_stop(self, message: dict[str, Any]) -> list[Update]:
        index = count(message.get("index"))
        whole = self._whole_inputs.pop(index, "") if index is not None else ""
        return [ToolCall(index or 0, arguments=whole)] if whole else []

    def _read_whole(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the updates of a whole message; empty if it repeats a stream."""
        if not _is_whole_message(message):
            return None
        if self._has_api_events:
            return []
        updates: list[Update] = []
        for index, block in enumerate(objects(message.get("content"))):
            at = {"index": index, "content_block": block}
            read = self._read_block_start(at)
            self._has_unknown_part |= read is None
            updates += [*(read or ()), *self._read_block_stop(at)]
        updates += self._read_usage(message.get("usage"))
        if reason := text(message.get("stop_reason")):
            updates.append(
                make_stop(reason, _explanation_in(message.get("stop_details")))
            )
        return updates

    def _read_sdk_event(self, message: dict[str, Any]) -> list[Update] | None:
        """Return the updates of an SDK event; empty if it repeats events of the API."""
        kind = text(message.get("type"))
        content = message.get(_SDK_EVENTS.get(kind, ""))
        whole = "snapshot" in message or kind in _WITHOUT_SNAPSHOT
        if not whole or not isinstance(content, str | dict):
            return None
        if self._has_api_events or kind == "signature":
            return []
        match kind, content:
            case "text", str():
                return self._read_text(content)
            case "thinking", str():
                return self._read_reasoning(content)
            case "citation", dict():
                return _read_citations(content)
        return None

    # -- parts of an event: their updates ----------------------------------------------

    def _read_text(self, piece: Any) -> list[Update]:
        if not (content := text(piece)):
            return []
        self._is_reasoning = False
        return [Text(content)]

    def _read_reasoning(self, piece: Any, *, begins: bool = False) -> list[Update]:
        # Successive blocks of reasoning are paragraphs.
        separator = "\n\n" if begins and self._is_reasoning else ""
        thought = separator + text(piece)
        self._is_reasoning = self._is_reasoning or begins or bool(thought)
        return [Reasoning(thought)] if thought else []

    def _read_usage(self, usage: Any) -> list[Update]:
        fields = obj(usage)
        details = obj(fields.get("output_tokens_details"))
        named = {key: fields.get(key) for key in (*_INPUT_TOKENS, "output_tokens")}
        named["thinking_tokens"] = details.get("thinking_tokens")
        known = {k: n for k, v in named.items() if (n := count(v)) is not None}
        if not known:
            return []
        self._usage |= known
        used = self._usage
        # Tokens read from a cache, or written to one, are counted apart from input.
        whole = [used[key] for key in _INPUT_TOKENS if key in used]
        return [
            Usage(
                input_tokens=sum(whole) if whole else None,
                output_tokens=used.get("output_tokens"),
                cached_tokens=used.get("cache_read_input_tokens"),
                reasoning_tokens=used.get("thinking_tokens"),
            )
        ]


def _read_error(message: dict[str, Any]) -> list[Update]:
    error = message.get("error")
    described = extract_error_message(message) or (stringify(error) if error else "")
    fields = obj(error)
    kinds = (fields.get("type"), fields.get("code"), message.get("type"))
    return [make_failure(described, *(kind for kind in kinds if kind != "error"))]


def _explanation_in(details: Any) -> str:
    fields = obj(details)
    category = text(fields.get("category"))
    return text(fields.get("explanation")) or (category and f"Its reason: {category}")


def _read_citations(*citations: dict[str, Any]) -> list[Update]:
    return [
        Citation(
            title=text(cited.get("title")) or text(cited.get("document_title")),
            url=text(cited.get("url")) or text(cited.get("source")),
            quote=text(cited.get("cited_text")),
        )
        for cited in citations
    ]
