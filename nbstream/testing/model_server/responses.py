"""The format of OpenAI's Responses: `POST /v1/responses`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Citation
from .answer import Cut, Part
from .faults import Missing, Trouble
from .question import Question
from .vendor_openai import TROUBLES, OpenAI, padding
from .wire import Frame, as_json, lacking


class Responses:
    """`POST /v1/responses`."""

    vendor = OpenAI()

    def mistake(self, question: Question) -> Missing | None:
        return lacking(question, "model", "input")

    def frames(self, question: Question, answer: Cut) -> Iterator[Frame]:
        for number, (kind, fields, tokens) in enumerate(_events(question, answer)):
            padded = {**fields, **padding(question, fields)} if tokens else fields
            yield Frame(_event(kind, number, padded), tokens)

    def whole(self, question: Question, answer: Cut) -> Mapping[str, Any]:
        return _response(question, answer)

    def failure(
        self, question: Question, trouble: Trouble, sent: int
    ) -> Iterator[ServerSentEvent]:
        _, code, message = TROUBLES[trouble]
        told = {"code": code, "message": message}
        yield _event("error", sent, {**told, "param": None})
        failed = {**_begun(question), "status": "failed", "error": told}
        yield _event("response.failed", sent + 1, {"response": failed})


_Told = tuple[str, Mapping[str, Any], int]
"""The type of an event, its fields, and the tokens it carries."""


def _events(question: Question, answer: Cut) -> Iterator[_Told]:
    begun = _begun(question)
    yield "response.created", {"response": begun}, 0
    yield "response.in_progress", {"response": begun}, 0
    for index, part in enumerate(answer.parts):
        item = _item(question, index, part, answer)
        hollow = {"content": [], "summary": [], "arguments": ""}
        opened = {key: hollow.get(key, value) for key, value in item.items()}
        if "status" in item:
            opened["status"] = "in_progress"
        at = {"output_index": index}
        yield "response.output_item.added", {**at, "item": opened}, 0
        yield from _inside(part, item, {**at, "item_id": item["id"]})
        yield "response.output_item.done", {**at, "item": item}, 0
    ended = _response(question, answer)
    yield f"response.{ended['status']}", {"response": ended}, 0


def _inside(
    part: Part, item: Mapping[str, Any], at: Mapping[str, Any]
) -> Iterator[_Told]:
    if part.kind == "tool_call":
        name = "response.function_call_arguments"
        yield from _deltas(f"{name}.delta", part, at)
        yield f"{name}.done", {**at, "arguments": part.text}, 0
        return
    extra: Mapping[str, Any] = {}
    if part.kind == "thinking":
        name, around = "response.reasoning_summary_text", "reasoning_summary_part"
        at = {**at, "summary_index": 0}
        told, key = item["summary"][0], "text"
    else:
        around = "content_part"
        at = {**at, "content_index": 0}
        told = item["content"][0]
        refused = told["type"] == "refusal"
        key = "refusal" if refused else "text"
        name = f"response.{told['type']}"
        extra = extra if refused else {"logprobs": []}
    empty = {**told, key: ""}
    if "annotations" in empty:
        empty["annotations"] = []
    yield f"response.{around}.added", {**at, "part": empty}, 0
    yield from _deltas(f"{name}.delta", part, {**at, **extra})
    for number, annotation in enumerate(told.get("annotations", ())):
        noted = {"annotation_index": number, "annotation": annotation}
        yield "response.output_text.annotation.added", {**at, **noted}, 0
    yield f"{name}.done", {**at, **extra, key: told[key]}, 0
    yield f"response.{around}.done", {**at, "part": told}, 0


def _deltas(kind: str, part: Part, at: Mapping[str, Any]) -> Iterator[_Told]:
    for piece in part.pieces:
        yield kind, {**at, "delta": piece.text}, piece.tokens


def _item(question: Question, index: int, part: Part, answer: Cut) -> dict[str, Any]:
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
    said: dict[str, Any] = {"type": "refusal", "refusal": part.text}
    if answer.stop != "refusal":
        annotations = [_annotation(c, part.text) for c in part.citations]
        said = {"type": "output_text", "text": part.text, "annotations": annotations}
        said["logprobs"] = []
    return {
        "id": f"msg_{name}",
        "type": "message",
        **status,
        "role": "assistant",
        "content": [said],
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


def _begun(question: Question) -> dict[str, Any]:
    asked = question.body
    return {
        "id": f"resp_{question.number:048x}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": question.max_tokens,
        "model": question.model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": asked.get("reasoning") or {"effort": None, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": asked.get("temperature", 1.0),
        "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": asked.get("tools") or [],
        "top_p": asked.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }


def _response(question: Question, answer: Cut) -> dict[str, Any]:
    items = enumerate(answer.parts)
    cut_off = answer.stop == "max_tokens"
    return {
        **_begun(question),
        "status": "incomplete" if cut_off else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut_off else None,
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
    data = as_json({"type": kind, "sequence_number": number, **fields})
    return ServerSentEvent(event=kind, data=data)
