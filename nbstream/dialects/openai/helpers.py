"""Read the events that the `stream()` helper of OpenAI's SDK adds to a chat.

`client.chat.completions.stream(…)` yields each chunk of the API as `{"type": "chunk",
"chunk": …}`, and then events of its own that repeat it with a snapshot.
Source: openai/lib/streaming/chat/_events.py of openai-python.
"""

from __future__ import annotations

from typing import Any

from ..json.fields import count, obj, text

_REPEATS = frozenset(
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
    """True for an event that contains a chunk of the API."""
    return kind == "chunk" and isinstance(
        obj(message.get("chunk")).get("choices"), list
    )


def is_chunk_repeat(kind: str, message: dict[str, Any]) -> bool:
    """True for an event that repeats the chunk before it."""
    if kind not in _REPEATS:
        return False
    whole = kind.rpartition(".")[0].rpartition(".")[2]
    return "snapshot" in message or "parsed_arguments" in message or whole in message


def chunk_for(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return the chunk that such an event repeats, for a stream without the chunks;
    an empty one except for deltas."""
    delta: dict[str, Any] = {}
    if kind in ("content.delta", "refusal.delta"):
        delta = {kind.partition(".")[0]: text(message.get("delta"))}
    elif kind == "tool_calls.function.arguments.delta":
        piece = text(message.get("arguments_delta"))
        function = {"name": text(message.get("name")), "arguments": piece}
        call = {"index": count(message.get("index")), "function": function}
        delta = {"tool_calls": [call]}
    return {"choices": [{"index": 0, "delta": delta}]}
