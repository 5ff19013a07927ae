"""Read Cohere's Chat, version 2: typed events, with content in `delta.message`.

The plan of a model before it calls tools (`tool_plan`) is reasoning.

Source: https://docs.cohere.com/v2/docs/streaming
"""

from __future__ import annotations

from typing import Any

from ..sse import ServerSentEvent
from ..updates import (
    Citation,
    Finished,
    Reasoning,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import count, obj, objects, stringify, text
from .parts.object_dialect import ObjectDialect
from .parts.stop_reasons import make_failure, make_stop

_BEGINS = frozenset(["message-start", "content-start", "tool-call-start"])
_GROWS = frozenset(["content-delta", "tool-plan-delta", "tool-call-delta"])
_CITATION = "citation-start"
_ENDS = frozenset(["content-end", "tool-call-end", "citation-end"])


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    kind, delta = _kind_and_delta(event, obj(value))
    if kind in _BEGINS or kind in _GROWS or kind == _CITATION:
        return isinstance(delta.get("message"), dict)
    return kind == "message-end" and isinstance(delta.get("finish_reason"), str)


def _kind_and_delta(
    event: ServerSentEvent, message: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    return text(message.get("type")) or event.event, obj(message.get("delta"))


class Cohere(ObjectDialect):
    """Read one answer of Chat."""

    _known = """
        type id index delta message content text thinking tool_plan tool_calls citations
        role function name arguments start end sources content_index finish_reason usage
        logprobs
    """

    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        kind, delta = _kind_and_delta(event, message)
        inner = obj(delta.get("message"))
        if kind == "message-end":
            self._check_fields(delta)
            return self._read_end(delta)
        if kind in _ENDS:
            return []
        updates: list[Update] | None = None
        if kind == "message-start" and isinstance(delta.get("message"), dict):
            updates = []
        elif kind in ("content-start", "content-delta"):
            self._check_fields(obj(inner.get("content")))
            updates = _read_content(obj(inner.get("content")))
        elif kind == "tool-plan-delta" and isinstance(inner.get("tool_plan"), str):
            updates = [Reasoning(inner["tool_plan"])] if inner["tool_plan"] else []
        elif kind in ("tool-call-start", "tool-call-delta"):
            self._check_fields(obj(inner.get("tool_calls")))
            updates = _read_call(
                count(message.get("index")), obj(inner.get("tool_calls"))
            )
        elif kind == _CITATION:
            updates = _read_citations(inner.get("citations"))
        if updates is not None:
            self._is_answering = True
            self._check_fields(delta, inner)
        return updates

    def _read_end(self, delta: dict[str, Any]) -> list[Update]:
        updates = _read_usage(obj(delta.get("usage")))
        reason = text(delta.get("finish_reason"))
        if error := text(delta.get("error")):
            return [*updates, make_failure(error)]
        if reason:
            updates += self._end_answer(make_stop(reason))
        self._has_ended = True
        return [*updates, Finished()]


def _read_content(content: dict[str, Any]) -> list[Update] | None:
    given = content.get("thinking"), content.get("text")
    if not any(isinstance(piece, str) for piece in given):
        return None
    thought, piece = map(text, given)
    updates: list[Update] = [Reasoning(thought)] if thought else []
    return [*updates, Text(piece)] if piece else updates


def _read_call(index: int | None, call: dict[str, Any]) -> list[Update] | None:
    function = obj(call.get("function"))
    fields = (
        text(call.get("id")),
        text(function.get("name")),
        stringify(function.get("arguments")),
    )
    if not function:
        return None
    return [ToolCall(index or 0, *fields)] if any(fields) else []


def _read_citations(citations: Any) -> list[Update] | None:
    """Return each source of one or several citations."""
    cited = objects(citations) or objects([citations])
    found: list[Update] = []
    for source in (s for citation in cited for s in objects(citation.get("sources"))):
        document = obj(source.get("document")) or obj(source.get("tool_output"))
        found.append(
            Citation(
                title=text(document.get("title")) or text(source.get("id")),
                url=text(document.get("url")),
                quote=text(document.get("snippet")) or text(document.get("text")),
            )
        )
    return found if cited else None


def _read_usage(usage: dict[str, Any]) -> list[Update]:
    tokens = obj(usage.get("tokens")) or obj(usage.get("billed_units"))
    used = Usage(
        input_tokens=count(tokens.get("input_tokens")),
        output_tokens=count(tokens.get("output_tokens")),
        cached_tokens=count(usage.get("cached_tokens")),
    )
    return [] if used == Usage() else [used]
