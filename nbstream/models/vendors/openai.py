"""Any server that speaks OpenAI's formats, over our own wire.

OpenAI itself, and vLLM, Ollama, llama.cpp, LM Studio, LiteLLM and others.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from ...errors import KeyMissing
from ...sources import ConnectOptions, HttpSource
from ..api_keys import key_from
from ..question import Access, Question, with_params

DIALECT = "openai"

_KEY = "OPENAI_API_KEY"
_BASE_URL = "https://api.openai.com/v1"
_PATH = {"chat": "chat/completions", "responses": "responses"}
_ADVICE = {
    403: "The key may not use this model.",
    404: "Is there a model of that name (-m), and does the base URL end in /v1?",
}
# The API takes an effort in words where others take a number of tokens.
_EFFORTS = ((4096, "low"), (16384, "medium"))


def source(question: Question, access: Access) -> HttpSource:
    """Where the answer comes from.

    Raises:
        KeyMissing: if there is no key where one is sure to be needed.
    """
    url = access.base_url or os.environ.get("OPENAI_BASE_URL") or _BASE_URL
    url = url.rstrip("/")
    name = access.key_env or _KEY
    key = key_from(name) if access.key_env else os.environ.get(_KEY, "").strip()
    if not key and url == _BASE_URL:
        raise KeyMissing(_KEY)
    make = _responses if access.api == "responses" else _chat
    asked = make(question, at_home=urlsplit(url).hostname == "api.openai.com")
    options = ConnectOptions(
        json=with_params(asked, question.params),
        # A server at home needs none.
        headers={"Authorization": f"Bearer {key}"} if key else None,
        advice=_ADVICE | {401: f"Is the key in {access.key_env or _KEY} right?"},
        retries=access.retries,
        idle_timeout=access.idle_timeout,
    )
    return HttpSource(
        f"{url}/{_PATH[access.api]}", options, label=f"openai:{question.model}"
    )


def _chat(question: Question, *, at_home: bool) -> dict[str, Any]:
    """Chat Completions. `at_home`: OpenAI's own server, whose newer models know only
    the newer name of the limit; others know the older."""
    system = [{"role": "system", "content": question.system}] * bool(question.system)
    asked: dict[str, Any] = {
        "model": question.model,
        "messages": [*system, *map(dict, question.messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if question.max_tokens is not None:
        limit = "max_completion_tokens" if at_home else "max_tokens"
        asked[limit] = question.max_tokens
    if question.temperature is not None:
        asked["temperature"] = question.temperature
    if question.thinking is not None:
        asked["reasoning_effort"] = _effort(question.thinking)
    if question.schema is not None:
        asked["response_format"] = {
            "type": "json_schema",
            "json_schema": _named(question),
        }
    return asked


def _responses(question: Question, *, at_home: bool) -> dict[str, Any]:
    """Responses."""
    asked: dict[str, Any] = {
        "model": question.model,
        "input": [dict(message) for message in question.messages],
        "stream": True,
        "store": False,
    }
    if question.system:
        asked["instructions"] = question.system
    if question.max_tokens is not None:
        asked["max_output_tokens"] = question.max_tokens
    if question.temperature is not None:
        asked["temperature"] = question.temperature
    if question.thinking is not None:
        effort = _effort(question.thinking)
        asked["reasoning"] = {"effort": effort, "summary": "auto"}
    if question.schema is not None:
        asked["text"] = {"format": {"type": "json_schema", **_named(question)}}
    return asked


def _named(question: Question) -> dict[str, Any]:
    assert question.schema is not None
    schema = question.schema
    return {"name": schema.name, "schema": schema.as_json(), "strict": schema.strict}


def _effort(tokens: int) -> str:
    return next((word for limit, word in _EFFORTS if tokens < limit), "high")
