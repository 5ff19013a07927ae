"""The format of Anthropic's Messages: `POST /v1/messages`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Citation
from .answer import Cut, Part
from .faults import BadRequest, Missing, Trouble
from .question import Question
from .vendor_anthropic import TROUBLES, Anthropic, error
from .wire import Frame, as_json, lacking

_LEAST_BUDGET = 1024


class Messages:
    """`POST /v1/messages`."""

    vendor = Anthropic()

    def mistake(self, question: Question) -> BadRequest | Missing | None:
        if lacks := lacking(question, "model", "max_tokens", "messages"):
            return lacks
        match question.body.get("thinking"):
            case {"budget_tokens": int(budget)} if budget < _LEAST_BUDGET:
                least = f"greater than or equal to {_LEAST_BUDGET}"
                return BadRequest(
                    f"thinking.enabled.budget_tokens: Input should be {least}"
                )
            case {"budget_tokens": int(budget)} if budget >= (question.max_tokens or 0):
                return BadRequest(
                    "`max_tokens` must be greater than `thinking.budget_tokens`"
                )
        return None

    def frames(self, question: Question, answer: Cut) -> Iterator[Frame]:
        message = _message(question, answer)
        usage = {**message["usage"], "output_tokens": 1, "output_tokens_details": None}
        begun = {**message, "content": [], "stop_reason": None, "usage": usage}
        yield _frame("message_start", message=begun | {"stop_details": None})
        for index, part in enumerate(answer.parts):
            yield from _block(question, index, part)
        ended = {
            "stop_reason": answer.stop,
            "stop_sequence": None,
            "stop_details": _stop_details(answer),
        }
        yield _frame("message_delta", delta=ended, usage=message["usage"])
        yield _frame("message_stop")

    def whole(self, question: Question, answer: Cut) -> Mapping[str, Any]:
        return _message(question, answer)

    def failure(
        self, question: Question, trouble: Trouble, sent: int
    ) -> Iterator[ServerSentEvent]:
        told = error(*TROUBLES[trouble], question)
        yield ServerSentEvent(event="error", data=as_json(told))


def _message(question: Question, answer: Cut) -> dict[str, Any]:
    blocks = enumerate(answer.parts)
    return {
        "id": f"msg_{question.number:024d}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": [_content(question, index, part) for index, part in blocks],
        "stop_reason": answer.stop,
        "stop_sequence": None,
        "stop_details": _stop_details(answer),
        "usage": {
            # Of Anthropic's three counts of input, each token is in one.
            "input_tokens": answer.input_tokens - answer.cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": answer.cached_tokens,
            "output_tokens": answer.output_tokens,
            "output_tokens_details": {"thinking_tokens": answer.thinking_tokens},
            "service_tier": "standard",
        },
    }


def _stop_details(answer: Cut) -> Mapping[str, Any] | None:
    if answer.stop != "refusal":
        return None
    return {"type": "refusal", "category": None, "explanation": None}


def _content(question: Question, index: int, part: Part) -> dict[str, Any]:
    if part.kind == "thinking":
        return {
            "type": "thinking",
            "thinking": part.text,
            "signature": _signature(part),
        }
    if part.kind == "tool_call":
        return {
            "type": "tool_use",
            "id": f"toolu_{question.number:012d}{index:012d}",
            "name": part.name,
            "input": json.loads(part.text) if part.complete else {},
        }
    said: dict[str, Any] = {"type": "text", "text": part.text}
    if part.citations:
        said["citations"] = list(map(_citation, part.citations))
    return said


def _block(question: Question, index: int, part: Part) -> Iterator[Frame]:
    content = _content(question, index, part)
    name = {"thinking": "thinking", "text": "text", "tool_call": "input"}[part.kind]
    empty: Any = {} if name == "input" else ""
    started = {**content, name: empty}
    if name == "thinking":
        started["signature"] = ""
    if part.citations:
        started["citations"] = []
    yield _frame("content_block_start", index=index, content_block=started)
    if index == 0:
        yield _frame("ping")
    if name == "input":
        first = {"type": "input_json_delta", "partial_json": ""}
        yield _frame("content_block_delta", index=index, delta=first)
    kind, key = {
        "thinking": ("thinking_delta", "thinking"),
        "text": ("text_delta", "text"),
        "tool_call": ("input_json_delta", "partial_json"),
    }[part.kind]
    delta: dict[str, Any]
    for piece in part.pieces:
        delta = {"type": kind, key: piece.text}
        yield _frame("content_block_delta", piece.tokens, index=index, delta=delta)
    for citation in part.citations:
        delta = {"type": "citations_delta", "citation": _citation(citation)}
        yield _frame("content_block_delta", index=index, delta=delta)
    if name == "thinking" and part.complete:
        signed = {"type": "signature_delta", "signature": _signature(part)}
        yield _frame("content_block_delta", index=index, delta=signed)
    yield _frame("content_block_stop", index=index)


def _citation(citation: Citation) -> dict[str, Any]:
    told: dict[str, Any] = {"cited_text": citation.quote}
    if citation.url:
        return told | {
            "type": "web_search_result_location",
            "url": citation.url,
            "title": citation.title,
            "encrypted_index": "",
        }
    return told | {
        "type": "char_location",
        "document_index": 0,
        "document_title": citation.title,
        "start_char_index": 0,
        "end_char_index": len(citation.quote),
        "file_id": None,
    }


def _signature(part: Part) -> str:
    # Opaque to a client, which only has to send it back as it came.
    return f"EqQBCgIYAhIM{len(part.text):08d}" if part.complete else ""


def _frame(kind: str, tokens: int = 0, **fields: Any) -> Frame:
    data = as_json({"type": kind, **fields})
    return Frame(ServerSentEvent(event=kind, data=data), tokens)
