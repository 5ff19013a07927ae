"""The format of OpenAI's Responses: `POST /v1/responses`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Citation
from .answer import Part, TokenizedAnswer
from .faults import ErrorKind, Missing
from .question import Question
from .vendor_api import StreamedEvent, dump_json, find_missing_field
from .vendor_openai import ERRORS, OpenAIConventions, make_padding


class ResponsesApi:
    """OpenAI's Responses, streamed and at once."""

    vendor = OpenAIConventions()

    def validate(self, question: Question) -> Missing | None:
        return find_missing_field(question, "model", "input")

    def encode_stream(
        self, question: Question, answer: TokenizedAnswer
    ) -> Iterator[StreamedEvent]:
        for number, (kind, fields, tokens) in enumerate(_events(question, answer)):
            padded = {**fields, **make_padding(question, fields)} if tokens else fields
            yield StreamedEvent(_event(kind, number, padded), tokens)

    def encode_body(
        self, question: Question, answer: TokenizedAnswer
    ) -> Mapping[str, Any]:
        return _response(question, answer)

    def encode_error(
        self, question: Question, kind: ErrorKind, sent: int
    ) -> Iterator[ServerSentEvent]:
        _, code, message = ERRORS[kind]
        error = {"code": code, "message": message}
        yield _event("error", sent, {**error, "param": None})
        failed = {**_new_response(question), "status": "failed", "error": error}
        yield _event("response.failed", sent + 1, {"response": failed})


_EventFields = tuple[str, Mapping[str, Any], int]
"""The type of an event, its fields, and the tokens it carries."""


def _events(question: Question, answer: TokenizedAnswer) -> Iterator[_EventFields]:
    response = _new_response(question)
    yield "response.created", {"response": response}, 0
    yield "response.in_progress", {"response": response}, 0
    for index, part in enumerate(answer.parts):
        item = _item(question, index, part, answer)
        empty = {"content": [], "summary": [], "arguments": ""}
        started = {key: empty.get(key, value) for key, value in item.items()}
        if "status" in item:
            started["status"] = "in_progress"
        at = {"output_index": index}
        yield "response.output_item.added", {**at, "item": started}, 0
        yield from _part_events(part, item, {**at, "item_id": item["id"]})
        yield "response.output_item.done", {**at, "item": item}, 0
    response = _response(question, answer)
    yield f"response.{response['status']}", {"response": response}, 0


def _part_events(
    part: Part, item: Mapping[str, Any], at: Mapping[str, Any]
) -> Iterator[_EventFields]:
    if part.kind == "tool_call":
        name = "response.function_call_arguments"
        yield from _deltas(f"{name}.delta", part, at)
        yield f"{name}.done", {**at, "arguments": part.text}, 0
        return
    extra: Mapping[str, Any] = {}
    if part.kind == "thinking":
        name, wrapper = "response.reasoning_summary_text", "reasoning_summary_part"
        at = {**at, "summary_index": 0}
        block, key = item["summary"][0], "text"
    else:
        wrapper = "content_part"
        at = {**at, "content_index": 0}
        block = item["content"][0]
        is_refusal = block["type"] == "refusal"
        key = "refusal" if is_refusal else "text"
        name = f"response.{block['type']}"
        extra = extra if is_refusal else {"logprobs": []}
    empty = {**block, key: ""}
    if "annotations" in empty:
        empty["annotations"] = []
    yield f"response.{wrapper}.added", {**at, "part": empty}, 0
    yield from _deltas(f"{name}.delta", part, {**at, **extra})
    for number, annotation in enumerate(block.get("annotations", ())):
        fields = {"annotation_index": number, "annotation": annotation}
        yield "response.output_text.annotation.added", {**at, **fields}, 0
    yield f"{name}.done", {**at, **extra, key: block[key]}, 0
    yield f"response.{wrapper}.done", {**at, "part": block}, 0


def _deltas(kind: str, part: Part, at: Mapping[str, Any]) -> Iterator[_EventFields]:
    for delta in part.deltas:
        yield kind, {**at, "delta": delta.text}, delta.tokens


def _item(
    question: Question, index: int, part: Part, answer: TokenizedAnswer
) -> dict[str, Any]:
    name = f"{question.number:024d}{index:024d}"
    if part.kind == "thinking":
        summary = [{"type": "summary_text", "text": part.text}]
        return {"id": f"rs_{name}", "type": "reasoning", "summary": summary}
    status = {"status": "completed" if part.complete else "incomplete"}
    if part.kind == "tool_call":
        return {
            "id": f"fc_{name}",
            "type": "function_call",
            **status,
            "call_id": f"call_{question.number:012d}{index:012d}",
            "name": part.name,
            "arguments": part.text,
        }
    block: dict[str, Any] = {"type": "refusal", "refusal": part.text}
    if answer.stop != "refusal":
        annotations = [_annotation(c, part.text) for c in part.citations]
        block = {"type": "output_text", "text": part.text, "annotations": annotations}
        block["logprobs"] = []
    return {
        "id": f"msg_{name}",
        "type": "message",
        **status,
        "role": "assistant",
        "content": [block],
    }


def _annotation(citation: Citation, text: str) -> dict[str, Any]:
    if not citation.url:
        return {
            "type": "file_citation",
            "index": len(text),
            "file_id": "file-000000000000000000000000",
            "filename": citation.title,
        }
    return {
        "type": "url_citation",
        "start_index": 0,
        "end_index": len(text),
        "url": citation.url,
        "title": citation.title,
    }


def _new_response(question: Question) -> dict[str, Any]:
    body = question.body
    return {
        "id": f"resp_{question.number:048x}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": question.max_tokens,
        "model": question.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }


def _response(question: Question, answer: TokenizedAnswer) -> dict[str, Any]:
    items = enumerate(answer.parts)
    truncated = answer.stop == "max_tokens"
    return {
        **_new_response(question),
        "status": "incomplete" if truncated else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if truncated else None,
        "output": [_item(question, at, part, answer) for at, part in items],
        "usage": {
            "input_tokens": answer.input_tokens,
            "input_tokens_details": {
                "cached_tokens": answer.cached_tokens,
                "cache_write_tokens": 0,
            },
            "output_tokens": answer.output_tokens,
            "output_tokens_details": {"reasoning_tokens": answer.thinking_tokens},
            "total_tokens": answer.input_tokens + answer.output_tokens,
        },
    }


def _event(kind: str, number: int, fields: Mapping[str, Any]) -> ServerSentEvent:
    data = dump_json({"type": kind, "sequence_number": number, **fields})
    return ServerSentEvent(event=kind, data=data)
