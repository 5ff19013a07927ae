"""What OpenAI's SDK adds when a chat is read by its `stream()` helper.

`client.chat.completions.stream(…)` yields each chunk of the wire as `{"type": "chunk",
"chunk": …}`, and beside it events that say the same again with all that came so far.
Source: openai/lib/streaming/chat/_events.py of openai-python.
"""

from __future__ import annotations

from typing import Any

from .json.fields import count, obj, text

_BESIDE = frozenset(
    f"{what}.{step}"
    for what in (
        "content",
        "refusal",
        "logprobs.content",
        "logprobs.refusal",
        "tool_calls.function.arguments",
    )
    for step in ("delta", "done")
)


def is_chunk(kind: str, message: dict[str, Any]) -> bool:
    """Whether an event has a chunk of the wire in it."""
    return kind == "chunk" and isinstance(
        obj(message.get("chunk")).get("choices"), list
    )


def is_beside_chunks(kind: str, message: dict[str, Any]) -> bool:
    """Whether an event says again what chunks beside it say."""
    if kind not in _BESIDE:
        return False
    whole = kind.rpartition(".")[0].rpartition(".")[2]
    return "snapshot" in message or "parsed_arguments" in message or whole in message


def chunk_for(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return a chunk that says what such an event does, for where a program kept only
    these: empty for all but those that grow."""
    delta: dict[str, Any] = {}
    if kind in ("content.delta", "refusal.delta"):
        delta = {kind.partition(".")[0]: text(message.get("delta"))}
    elif kind == "tool_calls.function.arguments.delta":
        piece = text(message.get("arguments_delta"))
        function = {"name": text(message.get("name")), "arguments": piece}
        call = {"index": count(message.get("index")), "function": function}
        delta = {"tool_calls": [call]}
    return {"choices": [{"index": 0, "delta": delta}]}
