"""Read the messages of LangChain that LangServe and LangGraph send, in chunks or whole.

A chunk is a delta of the message with its id; a whole message repeats its chunks, so
that only its rest is shown. Source: langchain-core's `messages`, in the forms of
`model_dump` and of its serialisation (`lc`, `kwargs`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ...text.clipping import clip_name
from ...updates import Reasoning, Text, ToolCall, Update, Usage
from ..json.fields import count, obj, objects, stringify, text
from ..json.growth import Growth
from .call_indexes import CallIndexes
from .stop_reasons import make_stop

MESSAGE_FIELDS = """
    content additional_kwargs response_metadata type name id example tool_calls
    invalid_tool_calls usage_metadata tool_call_chunks chunk_position lc kwargs
    tool_call_id status artifact refusal
"""
"""The known fields of messages, separated by spaces."""
EVENT_FIELDS = "event run_id name tags metadata data parent_ids"
"""The known fields of events of `astream_events`."""

_MODEL_TYPES = frozenset(["ai", "AIMessage", "AIMessageChunk"])
_TYPES = _MODEL_TYPES | {
    *("human", "HumanMessage", "HumanMessageChunk"),
    *("system", "SystemMessage", "SystemMessageChunk"),
    *("tool", "ToolMessage", "ToolMessageChunk"),
    *("function", "FunctionMessage", "FunctionMessageChunk"),
}
_USER_TYPES = frozenset(["human", "HumanMessage", "HumanMessageChunk"])
_MAX_COUNTED = 1000


def message_in(value: Any) -> dict[str, Any]:
    """Return the fields of a message; empty if the value is not one."""
    fields = obj(value)
    serialised = fields.get("lc") == 1 and isinstance(fields.get("id"), list)
    if serialised and fields["id"]:
        fields = {"type": text(fields["id"][-1]), **obj(fields.get("kwargs"))}
    is_one = text(fields.get("type")) in _TYPES
    return fields if is_one and isinstance(fields.get("content"), str | list) else {}


def is_model_message(message: dict[str, Any]) -> bool:
    """True for a message of a model, false for one of a user or a tool."""
    return message.get("type") in _MODEL_TYPES


def messages_of_this_turn(value: Any) -> list[dict[str, Any]]:
    """Return a conversation's messages after the last one of the user; empty if the
    value is not a conversation."""
    turn: list[dict[str, Any]] = []
    for item in value if isinstance(value, list) else [value]:
        if message := message_in(item):
            turn = [] if message["type"] in _USER_TYPES else [*turn, message]
    return turn


class LangChainMessages:
    """Read the messages of one stream."""

    def __init__(self) -> None:
        self._calls = CallIndexes()
        self._growth = Growth()
        self._call_of_index: dict[tuple[Hashable, int], str] = {}
        self._usage: dict[Hashable, tuple[int | None, ...]] = {}
        self._used: Usage | None = None
        self._stop: tuple[Hashable, str] | None = None
        self._last_text: Hashable = None
        self._last_reasoning: Hashable = None

    def read_chunk(self, message: dict[str, Any]) -> list[Update]:
        """Return the updates of a delta of a message."""
        key = clip_name(text(message.get("id")))
        updates: list[Update] = []
        for kind, piece in _parts(message):
            self._growth.add((kind, key), piece)
            updates.append(self._with_separator(kind, key, piece))
        for call in objects(message.get("tool_call_chunks")):
            updates += self._read_call(key, call, stringify(call.get("args")))
        if not message.get("tool_call_chunks"):
            updates += self._read_whole_calls(message)
        self._add_usage(key, message.get("usage_metadata"), adds=True)
        return [*updates, *self._total_usage(), *self._read_stop(key, message)]

    def read_whole(self, message: dict[str, Any], key: Hashable = "") -> list[Update]:
        """Return the updates of what is new in a message that is sent whole each time.

        Args:
            message: the message.
            key: identifies the message if it has no id.
        """
        key = clip_name(text(message.get("id"))) or key
        updates: list[Update] = []
        for kind in (Reasoning, Text):
            whole = "".join(piece for of, piece in _parts(message) if of is kind)
            if new := self._growth.new_in((kind, key), whole):
                updates.append(self._with_separator(kind, key, new))
        grown = objects(message.get("tool_call_chunks"))
        for place, call in enumerate(grown):
            at = (key, place, "arguments")
            updates += self._read_call(
                key, call, self._growth.new_in(at, stringify(call.get("args")))
            )
        if not grown:
            updates += self._read_whole_calls(message)
        self._add_usage(key, message.get("usage_metadata"), adds=False)
        return [*updates, *self._total_usage(), *self._read_stop(key, message)]

    def _with_separator(
        self, kind: type[Text | Reasoning], key: Hashable, new: str
    ) -> Update:
        # Successive messages are paragraphs.
        last = self._last_text if kind is Text else self._last_reasoning
        separator = "\n\n" if last not in (None, key) else ""
        self._last_text = key if kind is Text else None
        self._last_reasoning = key if kind is Reasoning else None
        return kind(separator + new)

    def _read_call(
        self, key: Hashable, call: dict[str, Any], arguments: str
    ) -> list[Update]:
        index = count(call.get("index")) or 0
        id = text(call.get("id")) or self._call_of_index.get((key, index), "")
        name = text(call.get("name"))
        if not (id or name or arguments):
            return []
        self._last_text = self._last_reasoning = None
        known = (key, index) in self._call_of_index
        id = id or f"{key}/{index}"
        if len(self._call_of_index) < _MAX_COUNTED:
            self._call_of_index[key, index] = clip_name(id)
        self._calls.note_arguments(id)
        at = self._calls.index_of(id)
        new = ("", "") if known else (text(call.get("id")), name)
        return [ToolCall(at, *new, arguments)] if any((*new, arguments)) else []

    def _read_whole_calls(self, message: dict[str, Any]) -> list[Update]:
        updates: list[Update] = []
        for call in objects(message.get("tool_calls")):
            id, name = text(call.get("id")), text(call.get("name"))
            if not name or self._calls.has_arguments(id or name):
                continue
            self._last_text = self._last_reasoning = None
            self._calls.note_arguments(id or name)
            at = self._calls.index_of(id or name)
            updates.append(ToolCall(at, id, name, stringify(call.get("args"))))
        return updates

    def _add_usage(self, key: Hashable, usage: Any, *, adds: bool) -> None:
        fields = obj(usage)
        numbers = (
            count(fields.get("input_tokens")),
            count(fields.get("output_tokens")),
            count(obj(fields.get("input_token_details")).get("cache_read")),
            count(obj(fields.get("output_token_details")).get("reasoning")),
        )
        if numbers == (None,) * 4:
            return
        if key not in self._usage and len(self._usage) >= _MAX_COUNTED:
            return
        before = self._usage.get(key) if adds else None
        self._usage[key] = _sum(before, numbers) if before else numbers

    def _total_usage(self) -> list[Update]:
        """Return the usage of all messages together, if it has changed."""
        total: tuple[int | None, ...] = (None,) * 4
        for numbers in self._usage.values():
            total = _sum(total, numbers)
        used = Usage(total[0], total[1], total[2], total[3])
        if used in (Usage(), self._used):
            return []
        self._used = used
        return [used]

    def _read_stop(self, key: Hashable, message: dict[str, Any]) -> list[Update]:
        metadata = obj(message.get("response_metadata"))
        names = ("finish_reason", "stop_reason", "done_reason")
        reason = next(filter(None, (text(metadata.get(name)) for name in names)), "")
        if not reason or self._stop == (key, reason):
            return []
        self._stop = (key, reason)
        return [make_stop(reason)]


def _parts(message: dict[str, Any]) -> list[tuple[type[Text | Reasoning], str]]:
    """Return the text and the reasoning of a message, in order."""
    content = message.get("content")
    parts: list[tuple[type[Text | Reasoning], str]] = []
    thought = text(obj(message.get("additional_kwargs")).get("reasoning_content"))
    parts.append((Reasoning, thought))
    if isinstance(content, str):
        parts.append((Text, content))
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            parts.append((Text, part))
            continue
        fields = obj(part)
        match fields.get("type"):
            case "text" | "text_delta" | "output_text":
                parts.append((Text, text(fields.get("text"))))
            case "thinking":
                parts.append((Reasoning, text(fields.get("thinking"))))
            case "reasoning":
                whole = text(fields.get("reasoning"))
                summary = objects(fields.get("summary"))
                summarised = "".join(text(item.get("text")) for item in summary)
                parts.append((Reasoning, whole or summarised))
            case "reasoning_content":
                inner = fields.get("reasoning_content")
                parts.append((Reasoning, text(obj(inner).get("text")) or text(inner)))
    return [(kind, piece) for kind, piece in parts if piece]


def _sum(
    one: tuple[int | None, ...], other: tuple[int | None, ...]
) -> tuple[int | None, ...]:
    pairs = zip(one, other, strict=True)
    return tuple(b if a is None else a + (b or 0) for a, b in pairs)


def model_chunk_in(value: Any) -> dict[str, Any] | None:
    """Return the model's message in an event of `astream_events`, empty if it has none;
    None if the value is not such an event."""
    fields = obj(value)
    kind = text(fields.get("event"))
    if not kind.startswith("on_") or not isinstance(fields.get("data"), dict):
        return None
    if kind not in ("on_chat_model_stream", "on_llm_stream"):
        return {}
    chunk = fields["data"].get("chunk")
    piece = chunk if isinstance(chunk, str) else obj(chunk).get("text")
    if kind == "on_llm_stream" and isinstance(piece, str):
        return {"type": "AIMessageChunk", "content": piece}
    return message_in(chunk)
