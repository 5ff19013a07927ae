"""The format of OpenAI's Chat Completions: `POST /v1/chat/completions`."""

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
from .vendor_openai import ERRORS, OpenAIConventions, make_error, make_padding

_REASONS = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    # The text of a refusal has its own field, and the end is an ordinary one.
    "refusal": "stop",
}


class ChatCompletionsApi:
    """OpenAI's Chat Completions, streamed and at once."""

    vendor = OpenAIConventions()

    def validate(self, question: Question) -> Missing | None:
        return find_missing_field(question, "model", "messages")

    def encode_stream(
        self, question: Question, answer: TokenizedAnswer
    ) -> Iterator[StreamedEvent]:
        options = question.body.get("stream_options") or {}
        include_usage = bool(options.get("include_usage"))
        common = _common_fields(question, "chat.completion.chunk")
        if include_usage:
            common["usage"] = None

        def chunk(
            delta: Mapping[str, Any], finish: str | None = None, tokens: int = 0
        ) -> StreamedEvent:
            choice = {"index": 0, "delta": delta, "logprobs": None}
            payload = {**common, "choices": [{**choice, "finish_reason": finish}]}
            payload |= make_padding(question, delta)
            return StreamedEvent(ServerSentEvent(data=dump_json(payload)), tokens)

        texts = answer.parts_of("text")
        has_content = any(_field_name(part, answer) == "content" for part in texts)
        content = "" if has_content else None
        yield chunk({"role": "assistant", "content": content, "refusal": None})
        for part in answer.parts:
            if part.kind == "tool_call":
                number = answer.parts_of("tool_call").index(part)
                started = _call(question, number, part) | {"index": number}
                started["function"] = {"name": part.name, "arguments": ""}
                yield chunk({"tool_calls": [started]})
                for delta in part.deltas:
                    more = {"index": number, "function": {"arguments": delta.text}}
                    yield chunk({"tool_calls": [more]}, tokens=delta.tokens)
                continue
            for delta in part.deltas:
                yield chunk(
                    {_field_name(part, answer): delta.text}, tokens=delta.tokens
                )
            if part.citations:
                yield chunk({"annotations": list(map(_annotation, part.citations))})
        yield chunk({}, _REASONS[answer.stop])
        if include_usage:
            last = {**common, "choices": [], "usage": _usage(answer)}
            yield StreamedEvent(ServerSentEvent(data=dump_json(last)))
        yield StreamedEvent(ServerSentEvent(data="[DONE]"))

    def encode_body(
        self, question: Question, answer: TokenizedAnswer
    ) -> Mapping[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
        }
        for part in answer.parts:
            if part.kind != "tool_call":
                message[_field_name(part, answer)] = part.text
            message["annotations"] += map(_annotation, part.citations)
        if calls := answer.parts_of("tool_call"):
            message["tool_calls"] = [
                _call(question, number, part) for number, part in enumerate(calls)
            ]
        choice = {"index": 0, "message": message, "logprobs": None}
        return {
            **_common_fields(question, "chat.completion"),
            "choices": [{**choice, "finish_reason": _REASONS[answer.stop]}],
            "usage": _usage(answer),
        }

    def encode_error(
        self, question: Question, kind: ErrorKind, sent: int
    ) -> Iterator[ServerSentEvent]:
        yield ServerSentEvent(data=dump_json({"error": make_error(*ERRORS[kind])}))


def _common_fields(question: Question, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{question.number:029d}",
        "object": kind,
        "created": int(time.time()),
        "model": question.model,
        "service_tier": "default",
        "system_fingerprint": "fp_0000000000",
    }


def _field_name(part: Part, answer: TokenizedAnswer) -> str:
    if part.kind == "thinking":
        # OpenAI hides reasoning here; servers of open models send this field.
        return "reasoning_content"
    return "refusal" if answer.stop == "refusal" else "content"


def _call(question: Question, number: int, part: Part) -> dict[str, Any]:
    return {
        "id": f"call_{question.number:012d}{number:012d}",
        "type": "function",
        "function": {"name": part.name, "arguments": part.text},
    }


def _annotation(citation: Citation) -> dict[str, Any]:
    span = {"start_index": 0, "end_index": len(citation.quote)}
    source = {"url": citation.url, "title": citation.title}
    return {"type": "url_citation", "url_citation": span | source}


def _usage(answer: TokenizedAnswer) -> dict[str, Any]:
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": answer.cached_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": answer.thinking_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
