"""Read Google's Gemini: `streamGenerateContent` of the Gemini API and of Vertex AI.

With `alt=sse` each event is a `GenerateContentResponse`; without it, the answer is one
JSON array of them. The stream has no end event: the last response has a `finishReason`.
The candidate of index 0 is the answer; other ones are kept raw, and so is content
without a view, such as images. Names are also read in snake case, in which Google's SDK
dumps them.

Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..sse import ServerSentEvent
from ..text.value_size import size_of
from ..updates import (
    Citation,
    Reasoning,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)
from .json.fields import count, obj, objects, stringify, text, value_of
from .parts.object_dialect import ObjectDialect
from .parts.stop_reasons import make_stop

_CAMEL = """
    candidates promptFeedback usageMetadata modelVersion responseId createTime
    modelStatus index content parts role finishReason finishMessage safetyRatings
    citationMetadata tokenCount groundingMetadata groundingAttributions avgLogprobs
    logprobsResult urlContextMetadata text thought thoughtSignature functionCall
    executableCode blockReason blockReasonMessage id name args willContinue language
    code sdkHttpResponse automaticFunctionCallingHistory parsed
"""
# Fields of a part that are not its content.
_PART_FIELDS = frozenset(["thought", "thoughtSignature", "thought_signature"])
# The suffix of an enumeration's value for "not given".
_UNSPECIFIED = "_UNSPECIFIED"
# Bounds memory, as does the size of each.
_MAX_CITED = 1_000
_MAX_SIZE = 10_000
"""Bytes of one citation; a larger one may be shown again."""


@functools.cache
def _to_snake(name: str) -> str:
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def _get_field(fields: dict[str, Any], name: str) -> Any:
    found = fields.get(name)
    return fields.get(_to_snake(name)) if found is None else found


def _reason_of(value: Any) -> str:
    """Return a value of an enumeration; empty if it is not given."""
    reason = text(value)
    return "" if reason.endswith(_UNSPECIFIED) else reason


def recognises(event: ServerSentEvent, value: Any) -> bool:
    """True for an event that only this format has."""
    if isinstance(value, list) and value:
        first = obj(value[0])
        error = obj(first.get("error"))
        return _is_response(first) or {"code", "message", "status"} <= error.keys()
    return _is_response(obj(value))


def _is_response(fields: dict[str, Any]) -> bool:
    usage = obj(_get_field(fields, "usageMetadata"))
    if _get_field(usage, "promptTokenCount") is not None:
        return True
    if _get_field(obj(_get_field(fields, "promptFeedback")), "blockReason") is not None:
        return True
    return any(
        isinstance(obj(candidate.get("content")).get("parts"), list)
        or text(_get_field(candidate, "finishReason")).isupper()
        for candidate in objects(fields.get("candidates"))
    )


class Gemini(ObjectDialect):
    """Read the responses of one `streamGenerateContent`."""

    _known = f"{_CAMEL} {' '.join(map(_to_snake, _CAMEL.split()))}"

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0
        self._reason = ""
        self._usage: Usage | None = None
        self._cited: set[Citation] = set()

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of a response, or of an array of responses."""
        if event.data.lstrip()[:1] != "[":
            return super().read(event)
        value = value_of(event.data)
        responses = objects(value)
        if not responses or len(responses) != len(value):
            return super().read(event)
        each = (event._replace(data=stringify(response)) for response in responses)
        return [update for response in each for update in self.read(response)]

    def _read_message(
        self, event: ServerSentEvent, message: dict[str, Any]
    ) -> list[Update] | None:
        feedback = _get_field(message, "promptFeedback")
        usage = _get_field(message, "usageMetadata")
        candidates = self._objects(message.get("candidates"))
        if not candidates and feedback is None and usage is None:
            return None
        updates: list[Update] = []
        for candidate in candidates:
            if count(candidate.get("index") or 0) == 0:
                updates += self._read_candidate(candidate)
            else:
                self._has_unknown = True
        updates += self._read_block(obj(feedback))
        updates += self._read_usage(obj(usage))
        return updates

    def _read_candidate(self, candidate: dict[str, Any]) -> list[Update]:
        content = self._object(candidate.get("content"))
        self._check_fields(candidate, content)
        self._is_answering = True
        updates: list[Update] = []
        for part in self._objects(content.get("parts")):
            updates += self._read_part(part)
        for citation in _find_citations(candidate):
            if citation not in self._cited:
                if len(self._cited) < _MAX_CITED and size_of(citation) < _MAX_SIZE:
                    self._cited.add(citation)
                updates.append(citation)
        reason = _reason_of(_get_field(candidate, "finishReason"))
        # Some models send STOP with every response: only a change counts.
        if reason and reason != self._reason:
            self._reason = reason
            explanation = text(_get_field(candidate, "finishMessage"))
            updates += self._end_answer(make_stop(reason, explanation))
        return updates

    def _read_part(self, part: dict[str, Any]) -> list[Update]:
        self._check_fields(part)
        if piece := self._text(part.get("text")):
            return [Reasoning(piece) if part.get("thought") is True else Text(piece)]
        call = obj(_get_field(part, "functionCall"))
        code = obj(_get_field(part, "executableCode"))
        if name := text(call.get("name")):
            self._check_fields(call)
            arguments = stringify(call.get("args"))
            return [self._make_call(text(call.get("id")), name, arguments)]
        if program := text(code.get("code")):
            self._check_fields(code)
            return [self._make_call(text(code.get("id")), "code_execution", program)]
        if part.keys() - _PART_FIELDS and part.get("text") != "":
            self._has_unknown = True
        return []

    def _make_call(self, id: str, name: str, arguments: str) -> ToolCall:
        # Every call is sent whole, and many have no id.
        self._calls += 1
        return ToolCall(self._calls - 1, id, name, arguments)

    def _read_block(self, feedback: dict[str, Any]) -> list[Update]:
        self._check_fields(feedback)
        reason = _reason_of(_get_field(feedback, "blockReason"))
        if not reason:
            return []
        explanation = text(_get_field(feedback, "blockReasonMessage"))
        sentence = (
            f"The server did not answer: its filter blocked the question ({reason})."
        )
        return self._end_answer(Stopped(reason, f"{sentence} {explanation}".rstrip()))

    def _read_usage(self, usage: dict[str, Any]) -> list[Update]:
        counts = {
            name: count(_get_field(usage, f"{name}TokenCount"))
            for name in ("prompt", "toolUsePrompt", "candidates", "thoughts")
        }
        used = Usage(
            # Gemini counts tool results apart from input, and thoughts apart from
            # output.
            input_tokens=_sum(counts["prompt"], counts["toolUsePrompt"]),
            output_tokens=_sum(counts["candidates"], counts["thoughts"]),
            cached_tokens=count(_get_field(usage, "cachedContentTokenCount")),
            reasoning_tokens=counts["thoughts"],
        )
        if used == (self._usage or Usage()):  # every response repeats it
            return []
        self._usage = used
        return [used]


def _sum(*counts: int | None) -> int | None:
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _find_citations(candidate: dict[str, Any]) -> Iterator[Citation]:
    grounding = obj(_get_field(candidate, "groundingMetadata"))
    for chunk in objects(_get_field(grounding, "groundingChunks")):
        for kind in ("web", "retrievedContext", "maps"):
            yield from _read_source(obj(_get_field(chunk, kind)))
    metadata = obj(_get_field(candidate, "citationMetadata"))
    for name in ("citationSources", "citations"):  # Gemini's, and Vertex AI's
        for source in objects(_get_field(metadata, name)):
            yield from _read_source(source)


def _read_source(source: dict[str, Any]) -> Iterator[Citation]:
    cited = Citation(
        title=text(source.get("title")),
        url=text(source.get("uri")),
        quote=text(source.get("text")),
    )
    if cited != Citation():
        yield cited
