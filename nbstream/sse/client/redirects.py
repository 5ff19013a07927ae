"""From a request to the answer that counts: redirects followed, credentials kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from warnings import warn_explicit

from httpx_sse import aconnect_sse

from .content_coding import accept_encoding
from .credentials import shown
from .failures import failed
from .log_redaction import redacted_logs
from .request import (
    CredentialInBody,
    Request,
    is_carried,
    last_event_id_header,
    origin,
)
from .route import Route

_CONNECT_TIMEOUT = 15.0
_WRITE_TIMEOUT = 60.0
_MAX_REDIRECTS = 20
# What a client adds so that the message can be read.
_OF_THE_CLIENT = frozenset({"host", "connection", "content-length"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def respond(
    stack: AsyncExitStack,
    client: Any,
    request: Request,
    *,
    last_event_id: str,
    route: Route,
    wait: Callable[[Awaitable[Any]], Awaitable[Any]],
) -> Any:
    """The response to the request, entered into `stack`.

    Redirects are followed here because a client would carry credentials along that
    are in headers of other names than `Authorization`.

    Args:
        stack: closes the response.
        client: an `httpx.AsyncClient`, or anything with its `stream()`.
        request: what to ask, without the headers that we add.
        last_event_id: where to resume from, or empty.
        route: follows the request on its way.
        wait: bounds a wait for the network, and tells its errors apart.

    Raises:
        ConnectionFailed: for a redirect that leads nowhere.
    """
    first = request
    headers = _resuming(last_event_id)
    check_url(request)
    for _ in range(_MAX_REDIRECTS):
        hop = await stack.enter_async_context(AsyncExitStack())
        at_home = origin(request.url) == origin(first.url)
        entering = hop.enter_async_context(
            aconnect_sse(
                _Connecting(client, request, at_home),  # type: ignore[arg-type]
                request.method,
                request.url,
                headers=dict(headers),
                content=request.content,
                timeout=(_CONNECT_TIMEOUT, None, _WRITE_TIMEOUT, None),
                follow_redirects=False,
                **route.begin(client, request.url),
            )
        )
        with redacted_logs(request):
            response = (await wait(entering)).response
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            return response
        await hop.aclose()
        to = shown(location)[:200]
        try:
            request = request.redirected(response.status_code, location)
            is_http = _is_http(request)
        except ValueError:
            what = f"was redirected to {to!r}, which is not a URL"
            raise failed(first, what) from None
        except CredentialInBody:
            raise failed(
                first,
                f"was redirected to another origin, {to}, and the body holds what "
                "looks like a key, which is not sent there",
                advice="If that is where it is to go, give that address.",
            ) from None
        if not is_http:
            what = f"was redirected to {to!r}, expected a URL like https://host/path"
            raise failed(first, what)
    raise failed(first, f"was redirected more than {_MAX_REDIRECTS} times")


def check_url(request: Request) -> None:
    """Raise ConnectionFailed if this is no URL that can be read from."""
    try:
        is_http = _is_http(request)
    except ValueError:
        # Without the error's own message, which may quote a part of a password.
        raise failed(request, f"is not a URL ({_fault_of(request.url)})") from None
    if not is_http:
        raise failed(request, "expected a URL like https://host/path")


def _is_http(request: Request) -> bool:
    scheme, host, _ = origin(request.url)
    return scheme in ("http", "https") and bool(host)


def _fault_of(url: str) -> str:
    try:
        urlsplit(url)
    except ValueError:
        return "malformed"
    return "its port is not a number up to 65535"


def _resuming(last_event_id: str) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if last_event_id:
        value = last_event_id_header(last_event_id)
        if value is None:
            warn_explicit(
                f"The last event id {last_event_id[:40]!r} cannot be sent in a header; "
                "reconnecting without it, so events may come twice.",
                UserWarning,
                # A warning shows its file in the notebook, and where that is installed.
                "nbstream",
                1,
            )
        else:
            headers["Last-Event-ID"] = value
    return headers


class _Connecting:
    """The client as httpx-sse is to see it, for one request.

    The caller's headers take the place of httpx-sse's, whatever their case: servers
    of the Model Context Protocol, for one, want two types in one `Accept`.
    """

    def __init__(self, client: Any, request: Request, at_home: bool) -> None:
        self._client = client
        self._request = request
        self._at_home = at_home

    def stream(
        self, method: str, url: str, *, headers: Mapping[str, Any], **options: Any
    ) -> AbstractAsyncContextManager[Any]:
        own = {name.lower() for name in self._request.headers}
        # Browsers send no-cache with an event stream's request, which keeps caches on
        # the way from answering it (Fetch, HTTP-network-or-cache fetch); httpx-sse
        # sends no-store.
        ours = {
            **headers,
            "Accept": self._request.accept,
            "Cache-Control": "no-cache",
        }
        merged = {k: v for k, v in ours.items() if k.lower() not in own}
        merged.update(self._request.headers)
        merged = {k: v for k, v in merged.items() if k.lower() != "accept-encoding"}
        # Never the client's own, which may name what is not decoded here.
        merged["Accept-Encoding"] = accept_encoding(self._request.headers)
        if self._at_home:
            entering: AbstractAsyncContextManager[Any] = self._client.stream(
                method, url, headers=merged, **options
            )
            return entering
        return self._stream_abroad(method, url, merged, **options)

    @asynccontextmanager
    async def _stream_abroad(
        self,
        method: str,
        url: str,
        headers: Mapping[str, Any],
        *,
        content: bytes | None,
        timeout: Any,
        follow_redirects: bool,
        **options: Any,
    ) -> AsyncIterator[Any]:
        """To another origin than the user named: without what the client itself
        would add, its credentials among it."""
        if not hasattr(self._client, "build_request"):
            raise failed(
                self._request,
                "was redirected to another origin, and this client cannot be told "
                "to leave its credentials behind",
                advice="Give the final address, or an httpx.AsyncClient.",
            )
        request = self._client.build_request(
            method, url, headers=headers, content=content, timeout=timeout, **options
        )
        request.url = type(request.url)(url)  # without the client's own parameters
        own = {name.lower() for name in headers} | _OF_THE_CLIENT
        for name in list(request.headers):
            if name.lower() not in own and not is_carried(name):
                del request.headers[name]
        response = await self._client.send(
            request, stream=True, auth=None, follow_redirects=follow_redirects
        )
        try:
            yield response
        finally:
            await response.aclose()
