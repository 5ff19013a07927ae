"""EventSource: connect, resume, watch for silence.

Departures from WHATWG HTML 9.2, each on purpose:

1. Requests other than GET may be made; they are repeated only where that is safe.
2. 408, 425, 429 and 5xx are retried, where a browser fails for good, because a
   server that restarts is the ordinary case here. `strict=True` fails as browsers do.
3. Delays grow with failures; the standard leaves that to the client.
4. A silent connection is given up after `idle_timeout`.
"""

from __future__ import annotations

import asyncio
import functools
import json as json_module
import ssl
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Literal, Self

import anyio
import httpx
from httpx_sse import aconnect_sse

from ..errors import ConnectionFailed, ConnectionLost, StreamClosed
from .backoff import Backoff
from .decoder import DEFAULT_MAX_EVENT_SIZE, EventStreamDecoder
from .event import ServerSentEvent
from .refusal import is_retried, message_of, retry_after, status_line
from .request import Request, last_event_id_header, origin, without_secrets
from .silence import Silence, Watchdog

ReadyState = Literal["connecting", "open", "closed"]

_CONNECT_TIMEOUT = 15.0
_WRITE_TIMEOUT = 60.0
_BODY_TIMEOUT = 5.0
_BODY_LIMIT = 64 * 1024
_MAX_REDIRECTS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_IDLE_TIMEOUT = 45.0
# What cannot be repeated is worth waiting for: some models think for minutes.
_IDLE_TIMEOUT_UNREPEATABLE = 600.0
_FIRST_RETRIES = 2
_LATER_RETRIES = 20


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """A change of an EventSource's state."""

    ready_state: ReadyState
    reason: str = ""
    """Why it is connecting again, or closed; empty at the first connect."""
    delay: float = 0.0
    """Seconds until the next try."""


class EventSource:
    """An event stream that reconnects and resumes, as an async iterator of events.

        async with EventSource("https://host/events") as source:
            async for event in source:
                ...

    Args:
        url: an http or https URL.
        method: default GET, or POST if there is content.
        headers: more headers; the mapping is not changed.
        content: the request's body.
        json: the request's body, as a value to be sent as JSON.
        client: an `httpx.AsyncClient`, or anything with its `stream()`. It is not
            closed. By default one is made and closed.
        last_event_id: where to resume from.
        retries: how many tries in a row may fail. By default 2 before the first
            success and 20 after it. A number given here also allows a request that
            is not safe to repeat, such as a POST, to be sent again.
        backoff: the delays between tries.
        idle_timeout: seconds without a byte after which a connection is given up;
            comments count as life. Default 45, or 600 for a request that cannot be
            repeated. `math.inf` waits for ever.
        max_event_size: the most characters in one event; default 16 Mi.
        strict: fail as browsers do, where we would try again.
        on_change: called once with each change of state.

    Raises (while iterating):
        ConnectionFailed: a refusal that trying again would not help.
        ConnectionLost: tries used up, or a drop of what may not be repeated.
        EventTooLarge: one event passed `max_event_size`.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: str | bytes | None = None,
        json: Any = None,
        client: Any = None,
        last_event_id: str = "",
        retries: int | None = None,
        backoff: Backoff | None = None,
        idle_timeout: float | None = None,
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
        strict: bool = False,
        on_change: Callable[[ConnectionChange], None] | None = None,
    ) -> None:
        own = dict(headers or {})
        if json is not None:
            if content is not None:
                raise TypeError("Expected content or json, got both.")
            content = json_module.dumps(json)
            if not any(name.lower() == "content-type" for name in own):
                own["Content-Type"] = "application/json"
        if isinstance(content, str):
            content = content.encode()
        self._request = Request(
            url=url,
            method=(method or ("GET" if content is None else "POST")).upper(),
            headers=own,
            content=content,
        )
        self._client = client
        self._retries = retries
        self._backoff = backoff or Backoff()
        if idle_timeout is None:
            repeatable = self._request.safe or retries is not None
            idle_timeout = _IDLE_TIMEOUT if repeatable else _IDLE_TIMEOUT_UNREPEATABLE
        self._idle_timeout = None if idle_timeout == float("inf") else idle_timeout
        self._max_event_size = max_event_size
        self._strict = strict
        self._on_change = on_change

        self.ready_state: ReadyState = "connecting"
        self.last_event_id = last_event_id
        """Where a reconnect resumes: the standard's last event id."""
        self.bytes_received = 0
        """Bytes of event stream so far, after content decoding."""
        self.reconnects = 0
        """How often a connection was made again after one had been open."""
        self._retry_ms: int | None = None
        self._events_received = 0
        self._ever_open = False
        self._failures = 0
        self._batches: AsyncGenerator[list[ServerSentEvent], None] | None = None
        self._ready: list[ServerSentEvent] = []

    # -- the public surface ------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it connects, without credentials."""
        return without_secrets(self._request.url)

    def __repr__(self) -> str:
        return f"<EventSource {self._request.method} {self.url} {self.ready_state}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerSentEvent:
        while not self._ready:
            if self._batches is None:
                self._batches = self.batches()
            self._ready = await anext(self._batches)
            self._ready.reverse()
        return self._ready.pop()

    async def aclose(self) -> None:
        """Close the connection. Harmless when it is closed already."""
        batches, self._batches = self._batches, None
        self._ready = []
        if batches is not None:
            await batches.aclose()
        self._change("closed", "closed here")

    async def batches(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The events as they arrive together, one list for each read: cheaper than
        one by one where a stream is fast. To be used instead of iterating."""
        if self.ready_state == "closed":
            raise StreamClosed("This EventSource is closed; make a new one.")
        async with AsyncExitStack() as stack:
            if self._client is None:
                self._client = await stack.enter_async_context(_new_client())
                stack.callback(setattr, self, "_client", None)
            reason = "the iteration was stopped"
            try:
                self._change("connecting")
                while True:
                    try:
                        async with aclosing(self._connection()) as connection:
                            async for events in connection:
                                yield events
                        reason = "the server ended the stream"
                        if not await self._again(_Trouble(reason, clean=True)):
                            return
                    except _NoContent:
                        reason = "the server answered 204 No Content"
                        return
                    except _Trouble as trouble:
                        await self._again(trouble)
            except BaseException as error:
                if isinstance(error, Exception):
                    reason = str(error)
                raise
            finally:
                self._change("closed", reason)

    # -- one connection ----------------------------------------------------------

    async def _connection(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """One connection, from request to its end; raises _Trouble where another
        try may help."""
        loop = asyncio.get_running_loop()
        watchdog = Watchdog(self._idle_timeout)
        decoder = EventStreamDecoder(
            last_event_id=self.last_event_id, max_event_size=self._max_event_size
        )
        async with AsyncExitStack() as stack:
            stack.callback(watchdog.stop)
            response = await self._respond(stack, watchdog)
            await self._check(response)
            if self._ever_open:
                self.reconnects += 1
            self._ever_open = True
            opened = loop.time()
            delivered = False
            self._change("open")
            chunks = response.aiter_bytes()
            try:
                while True:
                    chunk = await self._guarded(watchdog.read(anext(chunks, None)))
                    if chunk is None:
                        break
                    self.bytes_received += len(chunk)
                    events = decoder.feed(chunk)
                    self.last_event_id = decoder.last_event_id
                    if events:
                        delivered = True
                        self._events_received += len(events)
                        yield events
                decoder.finish()
                if delivered:
                    self._failures = 0
            finally:
                if decoder.retry is not None:
                    self._retry_ms = decoder.retry
                if loop.time() - opened >= self._backoff.healthy:
                    self._failures = 0

    async def _respond(self, stack: AsyncExitStack, watchdog: Watchdog) -> Any:
        """The response to our request, redirects followed. The redirects are
        followed here because a client would carry custom credentials along."""
        request = self._request
        self._check_url(request.url)
        for _ in range(_MAX_REDIRECTS):
            headers = self._headers(request)
            hop = await stack.enter_async_context(AsyncExitStack())
            entering = hop.enter_async_context(
                aconnect_sse(
                    self._client,
                    request.method,
                    request.url,
                    headers=headers,
                    content=request.content,
                    timeout=(_CONNECT_TIMEOUT, None, _WRITE_TIMEOUT, None),
                    follow_redirects=False,
                )
            )
            response = (await self._guarded(watchdog.read(entering))).response
            location = response.headers.get("location")
            if response.status_code not in _REDIRECTS or not location:
                return response
            await hop.aclose()
            try:
                request = request.redirected(response.status_code, location)
            except ValueError:
                raise self._refused(f"was redirected to {location[:200]!r}") from None
            self._check_url(request.url)
        raise self._refused(f"was redirected more than {_MAX_REDIRECTS} times")

    def _headers(self, request: Request) -> dict[str, str]:
        # gzip and deflate decoders give what they have at once; br and zstd hold
        # it back. Ours come first so that the caller's take their place.
        headers = {"Accept-Encoding": "gzip, deflate"}
        mine = {name.lower() for name in request.headers}
        headers = {k: v for k, v in headers.items() if k.lower() not in mine}
        headers |= request.headers
        if self.last_event_id and origin(request.url) == origin(self._request.url):
            value = last_event_id_header(self.last_event_id)
            if value is None:
                warnings.warn(
                    f"The last event id {self.last_event_id[:40]!r} cannot be sent in "
                    "a header; reconnecting without it, so events may come twice.",
                    stacklevel=2,
                )
            else:
                headers["Last-Event-ID"] = value
        return headers

    async def _check(self, response: Any) -> None:
        status = response.status_code
        content_type = response.headers.get("content-type", "")
        if status in (204, 205):
            raise _NoContent
        if 200 <= status <= 299 and not (self._strict and status != 200):
            essence = content_type.partition(";")[0].strip().lower()
            if essence == "text/event-stream":
                return
            body = await self._body(response)
            got = f"Content-Type {content_type!r}" if content_type else "none"
            raise self._refused(
                f"expected Content-Type text/event-stream, got {got}",
                message_of(body),
                advice="Is this the address of the stream itself?",
                status=status,
                content_type=content_type,
                body=body,
            )
        body = await self._body(response)
        if is_retried(status) and not self._strict:
            raise _Trouble(
                f"the server answered {status_line(status)}{_quoted(message_of(body))}",
                refused=True,
                status=status,
                retry_after=retry_after(response.headers),
            )
        raise self._refused(
            f"expected 200 OK, got {status_line(status)}",
            message_of(body),
            advice=_ADVICE.get(status, ""),
            status=status,
            content_type=content_type,
            body=body,
        )

    async def _body(self, response: Any) -> str:
        """The beginning of an error's body; an answer to a person, not to a parser,
        so what cannot be had in time is left out."""
        body = b""
        with anyio.move_on_after(_BODY_TIMEOUT):
            try:
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) >= _BODY_LIMIT:
                        break
            except Exception as error:
                if not _named(error, "HTTPError", "StreamError"):
                    raise
        return self._scrubbed(body[:_BODY_LIMIT].decode("utf-8", "replace"))

    # -- trouble -----------------------------------------------------------------

    async def _guarded(self, awaitable: Awaitable[Any]) -> Any:
        """The result, with the client's errors told apart: those that a later try
        may not meet become _Trouble."""
        try:
            return await awaitable
        except Silence as error:
            raise _Trouble(str(error)) from None
        except Exception as error:
            if not _named(error, "HTTPError", "InvalidURL", "StreamError"):
                raise
            what = self._scrubbed(str(error)) or type(error).__name__
            if _futile(error):
                raise self._refused(what) from error
            unsent = _named(error, "ConnectError", "ConnectTimeout", "PoolTimeout")
            if isinstance(error, httpx.TimeoutException) or _named(
                error, "TimeoutException"
            ):
                what = "it took too long to connect" if unsent else what
            raise _Trouble(what, refused=unsent) from error

    async def _again(self, trouble: _Trouble) -> bool:
        """Wait for the next try, or raise if there is none. False: a clean end was
        the end."""
        self._failures += 1
        limit = self._retries
        if limit is None:
            limit = _LATER_RETRIES if self._ever_open else _FIRST_RETRIES
            if trouble.clean:
                limit = self._failures  # clean ends go on, as in browsers
        if trouble.clean and (not self._request.safe or self._failures > limit):
            return False
        repeatable = (
            self._request.safe
            or trouble.refused
            or self._retries is not None
            or (last_event_id_header(self.last_event_id) is not None)
        )
        if not repeatable or self._failures > limit:
            raise self._lost(trouble, repeatable) from trouble.__cause__
        delay = self._backoff.delay(
            self._failures,
            server=None if self._retry_ms is None else self._retry_ms / 1000,
            retry_after=trouble.retry_after,
        )
        self._change("connecting", trouble.reason, delay)
        await anyio.sleep(delay)
        return True

    def _lost(self, trouble: _Trouble, repeatable: bool) -> ConnectionLost:
        if not repeatable:
            advice = (
                f"A {self._request.method} that was answered is not sent again "
                "unless you ask for it with retries=N."
            )
        elif not self._ever_open:
            advice = "Is the server running, and the address right?"
        else:
            advice = "Raise retries=N to try for longer."
        tries = f" ({self._failures} tries)" if self._failures > 1 else ""
        return ConnectionLost(
            f"Expected a connection to {self.url}, but {trouble.reason}{tries}. "
            + advice,
            url=self.url,
            attempts=self._failures,
            last_event_id=self.last_event_id,
            status_code=trouble.status,
        )

    def _refused(
        self,
        what: str,
        message: str = "",
        *,
        advice: str = "",
        status: int | None = None,
        content_type: str | None = None,
        body: str = "",
    ) -> ConnectionFailed:
        end = f" {advice}" if advice else ""
        return ConnectionFailed(
            f"{self._request.method} {self.url}: {what}{_quoted(message)}.{end}",
            url=self.url,
            status_code=status,
            content_type=content_type,
            body=body,
        )

    def _check_url(self, url: str) -> None:
        try:
            scheme, host, _ = origin(url)
        except ValueError as error:
            raise self._refused(f"is not a URL ({error})") from None
        if scheme not in ("http", "https") or not host:
            raise self._refused("expected a URL like https://host/path")

    def _scrubbed(self, text: str) -> str:
        """The text without the secrets of our own request: servers like to quote
        the key that they refuse."""
        for secret in self._request.secrets():
            text = text.replace(secret, "***")
        return text

    def _change(self, state: ReadyState, reason: str = "", delay: float = 0.0) -> None:
        if state == self.ready_state == "closed":
            return
        self.ready_state = state
        if self._on_change is not None:
            self._on_change(ConnectionChange(state, reason, delay))


class _NoContent(Exception):
    """The server says that there is no more to come (204)."""


class _Trouble(Exception):
    """Something that a later try may not meet."""

    def __init__(
        self,
        reason: str,
        *,
        clean: bool = False,
        refused: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.clean = clean
        """The stream came to its proper end."""
        self.refused = refused
        """The server never acted on the request, so it is safe to repeat."""
        self.status = status
        self.retry_after = retry_after


_ADVICE = {
    401: "The server wants credentials, for example -H 'Authorization: Bearer {key}'.",
    403: "The credentials are not allowed to read this.",
    404: "Is the path right?",
    405: "Does the server want another method, for example -X POST?",
}


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificates takes tens of milliseconds; once is enough.
    return httpx.create_ssl_context()


def _new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=_ssl_context())


def _named(error: BaseException, *names: str) -> bool:
    """Whether the error is of one of these classes of httpx, or of a client that
    has the same classes in a package of its own, such as httpx2."""
    return any(cls.__name__ in names for cls in type(error).__mro__)


def _futile(error: BaseException) -> bool:
    if _named(
        error, "UnsupportedProtocol", "InvalidURL", "LocalProtocolError", "ProxyError"
    ):
        return True
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _quoted(message: str) -> str:
    return f": {message}" if message else ""
