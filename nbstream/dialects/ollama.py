"""Read Ollama's `/api/chat` and `/api/generate`, and the progress of `/api/pull`.

The body is JSON lines; each is the data of one event. Tool calls are sent whole.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Finished,
    Progress,
    Reasoning,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import count, number, obj, percent_of, stringify, text, total_of
from .parts.object_dialect import ObjectDialect
from .parts.stop_reasons import make_stop

# Stop reasons of requests that only load or unload a model.
_NO_ANSWER = frozenset(["load", "unload"])


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    fields = obj(value)
    if isinstance(fields.get("done"), bool):
        answers = isinstance(fields.get("message"), dict) or isinstance(
            fields.get("response"), str
        )
        named = isinstance(fields.get("model"), str)
        return answers and named and isinstance(fields.get("created_at"), str)
    status = text(fields.get("status"))
    layer = text(fields.get("digest")).startswith("sha256:")
    return status == "pulling manifest" or (bool(status) and layer)


class Ollama(ObjectDialect):
    """Read one answer, or the transfer of one model."""

    _known = """
        model created_at message response thinking done done_reason context logprobs
        total_duration load_duration prompt_eval_count prompt_eval_duration eval_count
        eval_duration remote_model remote_host role content tool_calls tool_name
        function arguments name index id type status digest total completed
    """

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        if isinstance(message.get("done"), bool):
            return self._read_answer(message)
        if status := text(message.get("status")):
            return self._read_transfer(status, message)
        return None

    def _read_answer(self, message: dict[str, Any]) -> list[Update]:
        given = self._object(message.get("message"))
        self._check_fields(given)
        self._is_answering = True
        updates: list[Update] = _read_progress("", message)
        # In `message` for /api/chat, at the top for /api/generate.
        thought = self._text(given.get("thinking") or message.get("thinking"))
        piece = self._text(given.get("content") or message.get("response"))
        updates += [Reasoning(thought)] if thought else []
        updates += [Text(piece)] if piece else []
        for call in self._objects(given.get("tool_calls")):
            self._check_fields(call)
            updates += self._read_call(call)
        # Images have no view: each is kept raw, not only the first.
        self._has_unknown |= bool(given.get("images") or message.get("image"))
        if message["done"]:
            updates += _read_usage(message)
            reason = text(message.get("done_reason")) or "stop"
            if reason not in _NO_ANSWER:
                updates += self._end_answer(make_stop(reason))
            self._has_ended = True
            updates.append(Finished())
        return updates

    def _read_call(self, call: dict[str, Any]) -> list[Update]:
        function = obj(call.get("function"))
        fields = (
            text(call.get("id")),
            text(function.get("name")),
            stringify(function.get("arguments")),
        )
        if not any(fields):
            self._has_unknown = True
            return []
        self._calls += 1
        return [ToolCall(self._calls - 1, *fields)]

    def _read_transfer(self, status: str, message: dict[str, Any]) -> list[Update]:
        self._is_answering = True
        if status == "success":
            self._has_ended = True
            return [Progress(message=status), Finished()]
        return _read_progress(status, message) or [Progress(message=status)]


def _read_progress(name: str, message: dict[str, Any]) -> list[Update]:
    total = total_of(message.get("total"))
    if not total:
        return []
    # At the beginning of a layer, `completed` is missing.
    current = number(message.get("completed")) or 0
    return [Progress(name, current, total, percent_of(current, total))]


def _read_usage(message: dict[str, Any]) -> list[Update]:
    used = Usage(
        input_tokens=count(message.get("prompt_eval_count")),
        output_tokens=count(message.get("eval_count")),
    )
    return [] if used == Usage() else [used]
