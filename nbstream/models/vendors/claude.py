"""Claude, through the anthropic SDK.

The SDK makes the request: keys, profiles, base URL and proxies are its own. The answer
is read by our `EventSource`, as every other stream: so it is cancelled, watched for
silence and recorded in the same way, and events that an SDK does not know are kept.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from ssl import SSLContext
from typing import Any
from weakref import WeakKeyDictionary

import anyio.to_thread

from ...errors import ConnectionFailed, KeyMissing
from ...sources import ConnectOptions, HttpSource
from ...sse.client.content_coding import accept_encoding
from ...sse.client.credentials import shown
from ...sse.client.failures import is_from_client
from ...sse.client.redaction import redacted
from ...sse.client.response_check import beginning_of
from ...sse.client.tls import CertificatesUnreadable, ssl_context
from ..api_keys import key_from, secret_headers
from ..question import Access, Question, with_params

DIALECT = "anthropic"
DEFAULT_MODEL = "claude-sonnet-5-5"

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_REQUIRED = ("model", "messages", "max_tokens")
_BASE_URL = "https://api.anthropic.com"
# The API wants a limit; this is one that an answer seldom reaches.
_MAX_TOKENS = 8192
_ADVICE = {
    403: "The key may not use this model.",
    404: "Is there a model of that name? Choose one with -m.",
}


def source(question: Question, access: Access) -> HttpSource:
    """Where the answer comes from.

    Raises:
        KeyMissing: if the environment variable that is to hold the key is not set.
    """
    url = access.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _BASE_URL
    url = f"{url.rstrip('/')}/v1/messages"
    # Keys that were read from files often end with a line break, which the SDK sends.
    key = key_from(access.key_env) if access.key_env else _key_set()
    secrets = [key, *map(os.environ.get, _KEYS)]
    secrets += secret_headers(os.environ.get("ANTHROPIC_CUSTOM_HEADERS", ""))
    known = [secret for secret in secrets if secret]
    options = ConnectOptions(
        method="POST",
        client=_Sdk(body(question), url, access.base_url, key, known),
        secrets=known,
        advice=_ADVICE | {401: f"Is the key in {access.key_env or _KEYS[0]} right?"},
        retries=access.retries,
        idle_timeout=access.idle_timeout,
    )
    return HttpSource(url, options, label=f"claude:{question.model}")


def _key_set() -> str | None:
    return os.environ.get(_KEYS[0], "").strip() or None


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

    def __init__(
        self,
        asked: dict[str, Any],
        url: str,
        base_url: str | None,
        key: str | None,
        secrets: list[str],
    ) -> None:
        self._body = asked
        self._url = url
        self._base_url = base_url
        self._key = key
        self._secrets = secrets

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, timeout: tuple[Any, ...], **options: Any
    ) -> AsyncIterator[Any]:
        if url != self._url:
            raise self._failed(
                f"was redirected to {shown(url)}", "Is that the --base-url?"
            )
        # A second of imports, for which other streams need not stand still.
        await _one_by_one()
        try:
            if not _sdk.cache_info().currsize:
                await anyio.to_thread.run_sync(
                    _prepared, self._url, abandon_on_cancel=True
                )
            anthropic, certificates = _prepared(self._url)
        except CertificatesUnreadable as error:
            raise self._failed(str(error)) from None
        rest = dict(self._body)
        required = {name: rest.pop(name, anthropic.NOT_GIVEN) for name in _REQUIRED}
        async with AsyncExitStack() as stack:
            failure: Exception | None = None
            try:
                sdk = anthropic.AsyncAnthropic(
                    api_key=self._key,
                    base_url=self._base_url,
                    max_retries=0,
                    # It would carry the key to wherever it is redirected.
                    http_client=anthropic.DefaultAsyncHttpxClient(
                        follow_redirects=False,
                        verify=certificates,
                        headers={"Accept-Encoding": accept_encoding({})},
                        event_hooks={"response": [_raise_refusal]},
                    ),
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
            except Exception as error:
                if isinstance(error.__cause__, _Refusal):
                    response = error.__cause__.response
                else:
                    failure = self._told(error)
            if failure is not None:
                # Out here, so that the SDK's error, which holds the request and so the
                # key, is not the context of ours.
                raise failure
            yield response

    def _told(self, error: Exception) -> Exception:
        """The SDK's error in words of ours, without the request that it holds."""
        cause = error.__cause__
        if isinstance(cause, Exception) and is_from_client(cause):
            return cause  # what the network said, which says more than the SDK
        words = redacted(str(error), self._secrets)
        if isinstance(error, TypeError) and "authentication" in words:
            return KeyMissing(_KEYS[0])
        if any(cls.__name__ == "CredentialsError" for cls in type(error).__mro__):
            return KeyMissing(_KEYS[0], words)
        return self._failed(f"the SDK cannot ask: {type(error).__name__}: {words}")

    def _failed(self, what: str, advice: str = "") -> ConnectionFailed:
        url = shown(self._url)
        told = f"POST {url}: {what.rstrip('.')}. {advice}".rstrip()
        return ConnectionFailed(redacted(told, self._secrets), url=url)


# One for each loop that streams run in; gone with it.
_doors: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
_doors = WeakKeyDictionary()


async def _one_by_one() -> None:
    """Wait for a turn: the SDK takes milliseconds to begin a request, and fifty in a
    row would hold the loop for all who have nothing to do with them."""
    door = _doors.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with door:
        await asyncio.sleep(0)


def _prepared(url: str) -> tuple[Any, SSLContext]:
    # The certificates may be set after a failure, so they are not kept here.
    return _sdk(), ssl_context(url)


@functools.cache
def _sdk() -> Any:
    anthropic = import_module("anthropic")
    import_module("anthropic.resources.messages")  # else the first request would
    return anthropic


class _Refusal(Exception):
    """A response that is none of the SDK's to read.

    Args:
        response: the same, with the beginning of its body.
    """

    def __init__(self, response: Any) -> None:
        super().__init__(response.status_code)
        self.response = response


async def _raise_refusal(response: Any) -> None:
    """Keep the SDK from reading a refusal: it would decompress it without bound."""
    if response.is_success:
        return
    body = await beginning_of(response)
    gone = {"content-length", *(["content-encoding"] if body else [])}
    headers = [h for h in response.headers.multi_items() if h[0].lower() not in gone]
    kept = type(response)(response.status_code, headers=headers, content=body.encode())
    raise _Refusal(kept)
