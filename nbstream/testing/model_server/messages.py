"""The format of Anthropic's Messages: `POST /v1/messages`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Citation
from .answer import Part, TokenizedAnswer
from .faults import BadRequest, ErrorKind, Missing
from .question import Question
from .vendor_anthropic import ERRORS, AnthropicConventions, make_error
from .vendor_api import StreamedEvent, dump_json, find_missing_field

_MIN_BUDGET = 1024


class MessagesApi:
    """Anthropic's Messages, streamed and at once."""

    vendor = AnthropicConventions()

    def validate(self, question: Question) -> BadRequest | Missing | None:
        if missing := find_missing_field(question, "model", "max_tokens", "messages"):
            return missing
        match question.body.get("thinking"):
            case {"budget_tokens": int(budget)} if budget < _MIN_BUDGET:
                minimum = f"greater than or equal to {_MIN_BUDGET}"
                return BadRequest(
                    f"thinking.enabled.budget_tokens: Input should be {minimum}"
                )
            case {"budget_tokens": int(budget)} if budget >= (question.max_tokens or 0):
                return BadRequest(
                    "`max_tokens` must be greater than `thinking.budget_tokens`"
                )
        return None

    def encode_stream(
        self, question: Question, answer: TokenizedAnswer
    ) -> Iterator[StreamedEvent]:
        message = _message(question, answer)
        usage = {**message["usage"], "output_tokens": 1, "output_tokens_details": None}
        started = {**message, "content": [], "stop_reason": None, "usage": usage}
        yield _event("message_start", message=started | {"stop_details": None})
        for index, part in enumerate(answer.parts):
            yield from _block_events(question, index, part)
        delta = {
            "stop_reason": answer.stop,
            "stop_sequence": None,
            "stop_details": _stop_details(answer),
        }
        yield _event("message_delta", delta=delta, usage=message["usage"])
        yield _event("message_stop")

    def encode_body(
        self, question: Question, answer: TokenizedAnswer
    ) -> Mapping[str, Any]:
        return _message(question, answer)

    def encode_error(
        self, question: Question, kind: ErrorKind, sent: int
    ) -> Iterator[ServerSentEvent]:
        error = make_error(*ERRORS[kind], question)
        yield ServerSentEvent(event="error", data=dump_json(error))


def _message(question: Question, answer: TokenizedAnswer) -> dict[str, Any]:
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
            # Anthropic counts each input token in one of these three.
            "input_tokens": answer.input_tokens - answer.cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": answer.cached_tokens,
            "output_tokens": answer.output_tokens,
            "output_tokens_details": {"thinking_tokens": answer.thinking_tokens},
            "service_tier": "standard",
        },
    }


def _stop_details(answer: TokenizedAnswer) -> Mapping[str, Any] | None:
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
    block: dict[str, Any] = {"type": "text", "text": part.text}
    if part.citations:
        block["citations"] = list(map(_citation, part.citations))
    return block


def _block_events(
    question: Question, index: int, part: Part
) -> Iterator[StreamedEvent]:
    content = _content(question, index, part)
    name = {"thinking": "thinking", "text": "text", "tool_call": "input"}[part.kind]
    empty: Any = {} if name == "input" else ""
    started = {**content, name: empty}
    if name == "thinking":
        started["signature"] = ""
    if part.citations:
        started["citations"] = []
    yield _event("content_block_start", index=index, content_block=started)
    if index == 0:
        yield _event("ping")
    if name == "input":
        first = {"type": "input_json_delta", "partial_json": ""}
        yield _event("content_block_delta", index=index, delta=first)
    kind, key = {
        "thinking": ("thinking_delta", "thinking"),
        "text": ("text_delta", "text"),
        "tool_call": ("input_json_delta", "partial_json"),
    }[part.kind]
    for delta in part.deltas:
        fields = {"type": kind, key: delta.text}
        yield _event("content_block_delta", delta.tokens, index=index, delta=fields)
    for citation in part.citations:
        cited = {"type": "citations_delta", "citation": _citation(citation)}
        yield _event("content_block_delta", index=index, delta=cited)
    if name == "thinking" and part.complete:
        signed = {"type": "signature_delta", "signature": _signature(part)}
        yield _event("content_block_delta", index=index, delta=signed)
    yield _event("content_block_stop", index=index)


def _citation(citation: Citation) -> dict[str, Any]:
    location: dict[str, Any] = {"cited_text": citation.quote}
    if citation.url:
        return location | {
            "type": "web_search_result_location",
            "url": citation.url,
            "title": citation.title,
            "encrypted_index": "",
        }
    return location | {
        "type": "char_location",
        "document_index": 0,
        "document_title": citation.title,
        "start_char_index": 0,
        "end_char_index": len(citation.quote),
        "file_id": None,
    }


def _signature(part: Part) -> str:
    # Opaque to a client, which only sends it back unchanged.
    return f"EqQBCgIYAhIM{len(part.text):08d}" if part.complete else ""


def _event(kind: str, tokens: int = 0, **fields: Any) -> StreamedEvent:
    data = dump_json({"type": kind, **fields})
    return StreamedEvent(ServerSentEvent(event=kind, data=data), tokens)
