"""The format of OpenAI's Chat Completions: `POST /v1/chat/completions`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Citation
from .answer import Cut, Part
from .faults import Missing, Trouble
from .question import Question
from .vendor_openai import TROUBLES, OpenAI, error, padding
from .wire import Frame, as_json, lacking

_REASONS = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    # A refusal is told in a field of its own, and then is an ordinary end.
    "refusal": "stop",
}


class Chat:
    """`POST /v1/chat/completions`."""

    vendor = OpenAI()

    def mistake(self, question: Question) -> Missing | None:
        return lacking(question, "model", "messages")

    def frames(self, question: Question, answer: Cut) -> Iterator[Frame]:
        options = question.body.get("stream_options") or {}
        counted = bool(options.get("include_usage"))
        same = _head(question, "chat.completion.chunk")
        if counted:
            same["usage"] = None

        def chunk(
            delta: Mapping[str, Any], finish: str | None = None, tokens: int = 0
        ) -> Frame:
            choice = {"index": 0, "delta": delta, "logprobs": None}
            told = {**same, "choices": [{**choice, "finish_reason": finish}]}
            told |= padding(question, delta)
            return Frame(ServerSentEvent(data=as_json(told)), tokens)

        speaks = any(_field(part, answer) == "content" for part in answer.of("text"))
        content = "" if speaks else None
        yield chunk({"role": "assistant", "content": content, "refusal": None})
        for part in answer.parts:
            if part.kind == "tool_call":
                number = answer.of("tool_call").index(part)
                opened = _call(question, number, part) | {"index": number}
                opened["function"] = {"name": part.name, "arguments": ""}
                yield chunk({"tool_calls": [opened]})
                for piece in part.pieces:
                    more = {"index": number, "function": {"arguments": piece.text}}
                    yield chunk({"tool_calls": [more]}, tokens=piece.tokens)
                continue
            for piece in part.pieces:
                yield chunk({_field(part, answer): piece.text}, tokens=piece.tokens)
            if part.citations:
                yield chunk({"annotations": list(map(_annotation, part.citations))})
        yield chunk({}, _REASONS[answer.stop])
        if counted:
            last = {**same, "choices": [], "usage": _usage(answer)}
            yield Frame(ServerSentEvent(data=as_json(last)))
        yield Frame(ServerSentEvent(data="[DONE]"))

    def whole(self, question: Question, answer: Cut) -> Mapping[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
        }
        for part in answer.parts:
            if part.kind != "tool_call":
                message[_field(part, answer)] = part.text
            message["annotations"] += map(_annotation, part.citations)
        if calls := answer.of("tool_call"):
            told = enumerate(calls)
            message["tool_calls"] = [_call(question, n, part) for n, part in told]
        choice = {"index": 0, "message": message, "logprobs": None}
        return {
            **_head(question, "chat.completion"),
            "choices": [{**choice, "finish_reason": _REASONS[answer.stop]}],
            "usage": _usage(answer),
        }

    def failure(
        self, question: Question, trouble: Trouble, sent: int
    ) -> Iterator[ServerSentEvent]:
        yield ServerSentEvent(data=as_json({"error": error(*TROUBLES[trouble])}))


def _head(question: Question, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{question.number:029d}",
        "object": kind,
        "created": int(time.time()),
        "model": question.model,
        "service_tier": "default",
        "system_fingerprint": "fp_0000000000",
    }


def _field(part: Part, answer: Cut) -> str:
    if part.kind == "thinking":
        # Not OpenAI's, which hides it here, but what servers of open models send.
        return "reasoning_content"
    return "refusal" if answer.stop == "refusal" else "content"


def _call(question: Question, number: int, part: Part) -> dict[str, Any]:
    return {
        "id": f"call_{question.number:012d}{number:012d}",
        "type": "function",
        "function": {"name": part.name, "arguments": part.text},
    }


def _annotation(citation: Citation) -> dict[str, Any]:
    where = {"start_index": 0, "end_index": len(citation.quote)}
    source = {"url": citation.url, "title": citation.title}
    return {"type": "url_citation", "url_citation": where | source}


def _usage(answer: Cut) -> dict[str, Any]:
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
