"""Send requests to Claude through the anthropic SDK.

The SDK makes the request: keys, profiles, base URL and proxies are its own. The answer
is read by our `EventSource`, as every other stream: so cancelling, the idle timeout and
recording are the same, and events that the SDK does not know are kept.
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
from ...platforms.sockets import NO_SOCKETS, has_sockets
from ...sources import ConnectOptions, Source, open_http
from ...sse.client.failures import is_from_client
from ...sse.client.requests.tls import CertificatesUnreadable, ssl_context
from ...sse.client.responses.content_coding import accept_encoding
from ...sse.client.responses.response_check import read_beginning
from ...sse.redaction import redact_data
from ...sse.redaction.credentials import redact_url
from ...text.sentences import join_sentences
from ..api_keys import read_key, secret_header_values
from ..request import Access, ModelRequest, apply_params

DEFAULT_MODEL = "claude-sonnet-5-5"

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_REQUIRED = ("model", "messages", "max_tokens")
_BASE_URL = "https://api.anthropic.com"
# The API requires a limit; few answers reach this one.
_MAX_TOKENS = 8192
_ADVICE = {
    403: "The key may not use this model.",
    404: "Is there a model of that name? Choose one with -m.",
}


def source(request: ModelRequest, access: Access) -> Source:
    """Return the source of the answer.

    Raises:
        KeyMissing: if `access.key_env` is not set.
    """
    url = access.base_url or os.environ.get("ANTHROPIC_BASE_URL") or _BASE_URL
    url = f"{url.rstrip('/')}/v1/messages"
    # A key that was read from a file often ends with a line break, which the SDK sends.
    key = read_key(access.key_env) if access.key_env else _default_key()
    secrets = [key, *map(os.environ.get, _KEYS)]
    secrets += secret_header_values(os.environ.get("ANTHROPIC_CUSTOM_HEADERS", ""))
    known = [secret for secret in secrets if secret]
    options = ConnectOptions(
        method="POST",
        client=_Sdk(request_body(request), url, access.base_url, key, known),
        secrets=known,
        advice=_ADVICE | {401: f"Is the key in {access.key_env or _KEYS[0]} right?"},
        retries=access.retries,
        idle_timeout=access.idle_timeout,
    )
    return open_http(url, options, label=f"claude:{request.model}")


def _default_key() -> str | None:
    return os.environ.get(_KEYS[0], "").strip() or None


def request_body(request: ModelRequest) -> dict[str, Any]:
    """Return the body of the request (Messages API, `POST /v1/messages`), without
    `stream`."""
    thinking = request.thinking
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [dict(message) for message in request.messages],
        "max_tokens": request.max_tokens or _MAX_TOKENS + (thinking or 0),
    }
    if request.system:
        body["system"] = request.system
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if thinking is not None:
        body["thinking"] = {"type": "enabled", "budget_tokens": thinking}
    if request.schema is not None:
        form = {"type": "json_schema", "schema": request.schema.as_json()}
        body["output_config"] = {"format": form}
    return apply_params(body, request.params)


class _Sdk:
    """The SDK as the HTTP client of an EventSource.

    Args:
        body: of the request, without `stream`.
        url: the address that the SDK sends it to.
        base_url: as the SDK takes it; None for its own.
        key: the API key; None for the one that the SDK finds.
        secrets: the values that no message may show.
    """

    def __init__(
        self,
        body: dict[str, Any],
        url: str,
        base_url: str | None,
        key: str | None,
        secrets: list[str],
    ) -> None:
        self._body = body
        self._url = url
        self._base_url = base_url
        self._key = key
        self._secrets = secrets

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, timeout: tuple[Any, ...], **options: Any
    ) -> AsyncIterator[Any]:
        if url != self._url:
            raise self._failure(
                f"was redirected to {redact_url(url)}", "Is that the --base-url?"
            )
        if not has_sockets():
            raise self._failure(NO_SOCKETS)
        await _take_turn()
        try:
            if not _sdk.cache_info().currsize:
                # Importing takes a second, which must not block other streams.
                await anyio.to_thread.run_sync(
                    _prepare, self._url, abandon_on_cancel=True
                )
            anthropic, certificates = _prepare(self._url)
        except CertificatesUnreadable as error:
            raise self._failure(str(error)) from None
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
                    failure = self._convert(error)
            if failure is not None:
                # Out here, so that the SDK's error, which holds the request and so the
                # key, is not the context of ours.
                raise failure
            yield response

    def _convert(self, error: Exception) -> Exception:
        """Convert the SDK's error to one of ours, without the request that it holds."""
        cause = error.__cause__
        if isinstance(cause, Exception) and is_from_client(cause):
            return cause  # the network's error is more precise than the SDK's
        words = redact_data(str(error), self._secrets)
        if isinstance(error, TypeError) and "authentication" in words:
            return KeyMissing(_KEYS[0])
        if any(cls.__name__ == "CredentialsError" for cls in type(error).__mro__):
            return KeyMissing(_KEYS[0], words)
        return self._failure(f"the SDK cannot ask: {type(error).__name__}: {words}")

    def _failure(self, what: str, advice: str = "") -> ConnectionFailed:
        url = redact_url(self._url)
        message = join_sentences(f"POST {url}: {what}", advice)
        return ConnectionFailed(redact_data(message, self._secrets), url=url)


# One for each event loop, dropped with it.
_request_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
_request_locks = WeakKeyDictionary()


async def _take_turn() -> None:
    """Let one request start per iteration of the event loop: the SDK needs milliseconds
    for each, and fifty in a row would block other tasks."""
    lock = _request_locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with lock:
        await asyncio.sleep(0)


def _prepare(url: str) -> tuple[Any, SSLContext]:
    # The certificates are not cached: they may be configured after a failure.
    return _sdk(), ssl_context(url)


@functools.cache
def _sdk() -> Any:
    anthropic = import_module("anthropic")
    import_module("anthropic.resources.messages")  # or the first request does
    return anthropic


class _Refusal(Exception):
    """Raised to take an error response from the SDK.

    Args:
        response: the response, with the beginning of its body.
    """

    def __init__(self, response: Any) -> None:
        super().__init__(response.status_code)
        self.response = response


async def _raise_refusal(response: Any) -> None:
    """Keep the SDK from reading an error response, which it would decompress without
    any limit."""
    if response.is_success:
        return
    body = await read_beginning(response)
    gone = {"content-length", *(["content-encoding"] if body else [])}
    headers = [h for h in response.headers.multi_items() if h[0].lower() not in gone]
    kept = type(response)(response.status_code, headers=headers, content=body.encode())
    raise _Refusal(kept)
