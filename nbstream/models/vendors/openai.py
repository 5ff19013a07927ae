"""Send requests to any server with OpenAI's API, without an SDK: OpenAI itself, vLLM,
Ollama, llama.cpp, LM Studio, LiteLLM and others."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from ...errors import KeyMissing
from ...sources import ConnectOptions, Source, open_http
from ..api_keys import read_key
from ..request import Access, ModelRequest, apply_params

_KEY = "OPENAI_API_KEY"
_BASE_URL = "https://api.openai.com/v1"
_PATH = {"chat": "chat/completions", "responses": "responses"}
_ADVICE = {
    403: "The key may not use this model.",
    404: "Is there a model of that name (-m), and does the base URL end in /v1?",
}
# The API takes a word for the effort where others take a number of tokens.
_EFFORTS = ((4096, "low"), (16384, "medium"))


def source(request: ModelRequest, access: Access) -> Source:
    """Return the source of the answer.

    Raises:
        KeyMissing: if there is no key, for OpenAI's own server or `access.key_env`.
    """
    url = access.base_url or os.environ.get("OPENAI_BASE_URL") or _BASE_URL
    url = url.rstrip("/")
    name = access.key_env or _KEY
    key = read_key(name) if access.key_env else os.environ.get(_KEY, "").strip()
    if not key and url == _BASE_URL:
        raise KeyMissing(_KEY)
    make = responses_body if access.api == "responses" else chat_body
    body = make(request, is_openai=urlsplit(url).hostname == "api.openai.com")
    options = ConnectOptions(
        json=apply_params(body, request.params),
        # A local server needs none.
        headers={"Authorization": f"Bearer {key}"} if key else None,
        advice=_ADVICE | {401: f"Is the key in {access.key_env or _KEY} right?"},
        retries=access.retries,
        idle_timeout=access.idle_timeout,
    )
    return open_http(
        f"{url}/{_PATH[access.api]}", options, label=f"openai:{request.model}"
    )


def chat_body(request: ModelRequest, *, is_openai: bool) -> dict[str, Any]:
    """Return the body for Chat Completions. With `is_openai` the limit has the newer
    name, the only one that OpenAI's newer models know; other servers know the older."""
    system = [{"role": "system", "content": request.system}] * bool(request.system)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [*system, *map(dict, request.messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        limit = "max_completion_tokens" if is_openai else "max_tokens"
        body[limit] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.thinking is not None:
        body["reasoning_effort"] = _effort(request.thinking)
    if request.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": _schema_of(request),
        }
    return body


def responses_body(request: ModelRequest, *, is_openai: bool) -> dict[str, Any]:
    """Return the body for Responses."""
    body: dict[str, Any] = {
        "model": request.model,
        "input": [dict(message) for message in request.messages],
        "stream": True,
        "store": False,
    }
    if request.system:
        body["instructions"] = request.system
    if request.max_tokens is not None:
        body["max_output_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.thinking is not None:
        effort = _effort(request.thinking)
        body["reasoning"] = {"effort": effort, "summary": "auto"}
    if request.schema is not None:
        body["text"] = {"format": {"type": "json_schema", **_schema_of(request)}}
    return body


def _schema_of(request: ModelRequest) -> dict[str, Any]:
    assert request.schema is not None
    schema = request.schema
    return {"name": schema.name, "schema": schema.as_json(), "strict": schema.strict}


def _effort(tokens: int) -> str:
    return next((word for limit, word in _EFFORTS if tokens < limit), "high")
