"""Send a request, follow its redirects, and leave credentials behind at other origins.

A client that followed redirects by itself would carry credentials along that are in
headers of other names than `Authorization`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from warnings import warn_explicit

from httpx_sse import aconnect_sse

from ...redaction.client_logs import redact_logs
from ...redaction.credentials import redact_url
from ..failures import build_error
from ..responses.content_coding import accept_encoding
from .request import (
    CredentialInBody,
    Request,
    encode_last_event_id,
    may_forward,
    parse_origin,
)
from .request_trace import RequestTrace

_CONNECT_TIMEOUT = 15.0
_WRITE_TIMEOUT = 60.0
_MAX_REDIRECTS = 20
# The headers of the message itself, which the client adds.
_FRAMING_HEADERS = frozenset({"host", "connection", "content-length"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def send_request(
    stack: AsyncExitStack,
    client: Any,
    request: Request,
    *,
    last_event_id: str,
    trace: RequestTrace,
    wait: Callable[[Awaitable[Any]], Awaitable[Any]],
) -> Any:
    """Send a request and return the response that is no redirect, its body unread.

    Redirects are followed as Fetch says (HTTP-redirect fetch), up to 20.

    Args:
        stack: closes the response.
        client: an `httpx.AsyncClient`, or anything with its `stream()`.
        request: the request, without the headers that are added here.
        last_event_id: where to resume from; empty for the start.
        trace: follows the request on its way.
        wait: bounds a wait for the network, and translates the client's errors.

    Raises:
        ConnectionFailed: for a redirect that cannot be followed.
    """
    first = request
    resume = _resume_headers(last_event_id)
    check_url(request)
    for _ in range(_MAX_REDIRECTS):
        sender: Any = client
        if parse_origin(request.url) != parse_origin(first.url):
            sender = _CredentialFreeClient(client, request)
        hop = await stack.enter_async_context(AsyncExitStack())
        # httpx-sse opens the request and closes the response, with any client that has
        # `stream()`. Its decoder is not used: it has no limit on the size of an event,
        # reads what the client decompresses whole, and is slower (benchmarks/decoders).
        connecting = hop.enter_async_context(
            aconnect_sse(
                sender,
                request.method,
                request.url,
                headers=_OwnHeaders(_build_headers(request, resume)),
                content=request.content,
                timeout=(_CONNECT_TIMEOUT, None, _WRITE_TIMEOUT, None),
                follow_redirects=False,
                **trace.start(client, request.url),
            )
        )
        with redact_logs(request.redactor):
            response = (await wait(connecting)).response
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            return response
        await hop.aclose()
        request = _follow(request, response.status_code, location, first)
    raise build_error(first, f"was redirected more than {_MAX_REDIRECTS} times")


def check_url(request: Request) -> None:
    """Raise ConnectionFailed unless this is an http or https URL."""
    try:
        is_http = _is_http(request)
    except ValueError:
        # Without the error's own message, which may quote a part of a password.
        what = f"is not a URL ({_explain_bad_url(request.url)})"
        raise build_error(request, what) from None
    if not is_http:
        raise build_error(request, "expected a URL like https://host/path")


def _is_http(request: Request) -> bool:
    scheme, host, _ = parse_origin(request.url)
    return scheme in ("http", "https") and bool(host)


def _explain_bad_url(url: str) -> str:
    try:
        urlsplit(url)
    except ValueError:
        return "malformed"
    return "its port is not a number up to 65535"


def _follow(request: Request, status: int, location: str, first: Request) -> Request:
    """Return the next request of a redirect, or raise ConnectionFailed for `first`."""
    target = redact_url(location)[:200]
    try:
        request = request.redirect(status, location)
        is_http = _is_http(request)
    except ValueError:
        what = f"was redirected to {target!r}, which is not a URL"
        raise build_error(first, what) from None
    except CredentialInBody:
        raise build_error(
            first,
            f"was redirected to another origin, {target}, and the body holds what "
            "looks like a key, which is not sent there",
            advice="If that is where it is to go, give that address.",
        ) from None
    if not is_http:
        what = f"was redirected to {target!r}, expected a URL like https://host/path"
        raise build_error(first, what)
    return request


def _resume_headers(last_event_id: str) -> dict[str, bytes]:
    """Return the `Last-Event-ID` header, or warn that the id does not fit into one."""
    if not last_event_id:
        return {}
    value = encode_last_event_id(last_event_id)
    if value is not None:
        return {"Last-Event-ID": value}
    warn_explicit(
        f"The last event id {last_event_id[:40]!r} cannot be sent in a header; "
        "reconnecting without it, so events may come twice.",
        UserWarning,
        # A warning shows its file in the notebook, and where that is installed.
        "nbstream",
        1,
    )
    return {}


def _build_headers(request: Request, resume: Mapping[str, bytes]) -> dict[str, Any]:
    """Return every header of a request: the user's, and ours for what they leave."""
    ours = {
        **resume,
        "Accept": request.accept,
        # As browsers send it, which keeps caches on the way from answering (Fetch,
        # HTTP-network-or-cache fetch); httpx-sse's default is no-store.
        "Cache-Control": "no-cache",
    }
    given = {name.lower() for name in request.headers}
    headers = {name: v for name, v in ours.items() if name.lower() not in given}
    headers.update(request.headers)
    headers = {n: v for n, v in headers.items() if n.lower() != "accept-encoding"}
    # Never the client's own, which may name a coding that is not decoded here.
    headers["Accept-Encoding"] = accept_encoding(request.headers)
    return headers


class _OwnHeaders(dict[str, Any]):
    """Headers in which httpx-sse's `Accept` and `Cache-Control` replace nothing: a
    server of the Model Context Protocol, for one, wants two types in `Accept`."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name.lower() not in map(str.lower, self):
            super().__setitem__(name, value)


class _CredentialFreeClient:
    """Sends a request to another origin than the user named, without the credentials
    that the client adds by itself: its headers, parameters, cookies and login."""

    def __init__(self, client: Any, request: Request) -> None:
        self._client = client
        self._request = request

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, Any],
        follow_redirects: bool,
        **options: Any,
    ) -> AsyncIterator[Any]:
        if not hasattr(self._client, "build_request"):
            raise build_error(
                self._request,
                "was redirected to another origin, and this client cannot be told "
                "to leave its credentials behind",
                advice="Give the final address, or an httpx.AsyncClient.",
            )
        request = self._client.build_request(method, url, headers=headers, **options)
        request.url = type(request.url)(url)  # without the client's own parameters
        wanted = {name.lower() for name in headers} | _FRAMING_HEADERS
        for name in list(request.headers):
            if name.lower() not in wanted and not may_forward(name):
                del request.headers[name]
        response = await self._client.send(
            request, stream=True, auth=None, follow_redirects=follow_redirects
        )
        try:
            yield response
        finally:
            await response.aclose()
