"""Claude, through the anthropic SDK.

The SDK makes the request: keys, profiles, base URL and proxies are its own. The answer
is read by our `EventSource`, as every other stream: so it is cancelled, watched for
silence and recorded in the same way, and events that an SDK does not know are kept.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any

import anyio.to_thread

from ..errors import KeyMissing
from ..sources import HttpSource
from .keys import key_from
from .question import Access, Question, with_params

DIALECT = "anthropic"

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_REQUIRED = ("model", "messages", "max_tokens")
_BASE_URL = "https://api.anthropic.com"
# The API wants a limit; this is one that an answer seldom reaches.
_MAX_TOKENS = 8192
_ADVICE = {
    401: "Is the key in ANTHROPIC_API_KEY right?",
    403: "The key may not use this model.",
    404: "Is there a model of that name? Choose one with -m.",
}


def source(question: Question, access: Access) -> HttpSource:
    """Where the answer comes from.

    Raises:
        KeyMissing: if the environment variable that is to hold the key is not set.
    """
    url = access.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _BASE_URL
    return HttpSource(
        f"{url.rstrip('/')}/v1/messages",
        label=f"claude:{question.model}",
        method="POST",
        client=_Sdk(question, access),
        secrets=[value for name in _KEYS if (value := os.environ.get(name))],
        advice=_ADVICE,
        retries=access.retries,
        idle_timeout=access.idle_timeout,
    )


def body(question: Question) -> dict[str, Any]:
    """The request (Messages API, `POST /v1/messages`), without `stream`."""
    thinking = question.thinking
    asked: dict[str, Any] = {
        "model": question.model,
        "messages": [dict(message) for message in question.messages],
        "max_tokens": question.max_tokens or _MAX_TOKENS + (thinking or 0),
    }
    if question.system:
        asked["system"] = question.system
    if question.temperature is not None:
        asked["temperature"] = question.temperature
    if thinking is not None:
        asked["thinking"] = {"type": "enabled", "budget_tokens": thinking}
    if question.schema is not None:
        form = {"type": "json_schema", "schema": question.schema.as_json()}
        asked["output_config"] = {"format": form}
    return with_params(asked, question.params)


class _Sdk:
    """The SDK, as the HTTP client that an EventSource streams from."""

    def __init__(self, question: Question, access: Access) -> None:
        self._body = body(question)
        self._base_url = access.base_url
        self._key = key_from(access.key_env) if access.key_env else None

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, timeout: tuple[Any, ...], **options: Any
    ) -> AsyncIterator[Any]:
        # A second of imports, for which other streams need not stand still.
        anthropic = await anyio.to_thread.run_sync(import_module, "anthropic")
        rest = dict(self._body)
        required = {name: rest.pop(name, None) for name in _REQUIRED}
        async with AsyncExitStack() as stack:
            try:
                sdk = anthropic.AsyncAnthropic(
                    api_key=self._key, base_url=self._base_url, max_retries=0
                )
                client = await stack.enter_async_context(sdk)
                answer = await stack.enter_async_context(
                    client.messages.with_streaming_response.create(
                        **required,
                        stream=True,
                        extra_body=rest,
                        timeout=anthropic.Timeout(timeout),
                    )
                )
                response = answer.http_response
            except anthropic.APIStatusError as error:
                response = _as_read(error.response)
            except anthropic.APIConnectionError as error:
                # What the network said, which says more than the SDK.
                raise error.__cause__ or error from None
            except TypeError as error:
                if "authentication" not in str(error):
                    raise
                raise KeyMissing(_KEYS[0]) from None
            yield response


def _as_read(response: Any) -> Any:
    """A refusal whose body the SDK has read, and decompressed."""
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in ("content-encoding", "content-length")
    ]
    return type(response)(
        response.status_code, headers=headers, content=response.content
    )
