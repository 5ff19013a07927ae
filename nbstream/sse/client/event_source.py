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
import json as json_module
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Self

import anyio
import anyio.lowlevel
import httpx

from ...errors import ConnectionLost, StreamClosed
from ..decoder import DEFAULT_MAX_EVENT_SIZE, EventStreamDecoder
from ..event import ServerSentEvent
from .backoff import Backoff
from .change import ConnectionChange, ReadyState
from .content_coding import PIECE, ContentCodingError, decompressor, raw_chunks
from .failures import NoContent, Trouble, failed, told_apart
from .headers import HeadersGiven, RequestHeaders
from .idle_timeout import Interrupted, SlowStart, Watchdog
from .reading_task import ReadingTask
from .redirects import respond
from .request import Request, body_of, last_event_id_header
from .response_check import check
from .route import Route
from .tls import CertificatesUnreadable, ssl_context

_IDLE_TIMEOUT = 45.0
# What cannot be repeated is worth waiting for: some models think for minutes.
_IDLE_TIMEOUT_UNREPEATABLE = 600.0
# Long enough for most servers to say something.
_HINT_AFTER = 10.0
_FIRST_RETRIES = 2
_LATER_RETRIES = 20


class EventSource:
    """An event stream that reconnects and resumes, as an async iterator of events.

        async with EventSource("https://host/events") as source:
            async for event in source:
                ...

    What the server may answer: 204 and 205 end the stream. Any other 2xx with the right
    type is read (with `strict`, 200 alone). The text is UTF-8, whatever a charset
    parameter of the type says (WHATWG HTML 9.2.6). A redirect (301, 302, 303, 307, 308)
    is followed, and holds for that one request: a reconnect asks the URL given here
    again, even after a permanent redirect.

    Args:
        url: an http or https URL.
        method: default GET, or POST if there is content.
        headers: more headers: a mapping, which is not changed, or a callable, plain or
            async, that returns one. It is called before each request, in the event
            loop, so that credentials that expire are fresh; and once more where a
            reconnect is answered 401. A `Last-Event-ID` among them is where the stream
            starts, as `last_event_id` is; the ids received later replace it.
        content: the request's body, str or bytes. An iterator is refused with a
            TypeError: what has been read from it could not be sent again.
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
        hint_after: seconds without an answer, or without a byte of it, after which
            `on_change` is called with a reason that names a proxy that buffers as the
            likely cause. Waiting goes on. Default 10; `math.inf` never does.
        max_event_size: the most characters in one event; default 16 Mi.
        strict: fail as browsers do, where we would try again.
        secrets: values that must not be shown, should the server quote them; those of
            the URL and the headers are known.
        advice: what to tell the user to do about a refusal, by its status.
        on_change: called once with each change of state, and where there is something
            to say of the state: "open" with a reason is a connection that brings
            nothing, and "open" again without one is its first byte.

    Raises (while iterating):
        ConnectionFailed: a refusal that trying again would not help, or a callable for
            headers that raised.
        ConnectionLost: tries used up, or a drop of what may not be repeated.
        EventTooLarge: one event passed `max_event_size`.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str | None = None,
        headers: HeadersGiven | None = None,
        content: str | bytes | None = None,
        json: Any = None,
        client: Any = None,
        last_event_id: str = "",
        retries: int | None = None,
        backoff: Backoff | None = None,
        idle_timeout: float | None = None,
        hint_after: float = _HINT_AFTER,
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
        strict: bool = False,
        secrets: Sequence[str] = (),
        advice: Mapping[int, str] | None = None,
        on_change: Callable[[ConnectionChange], None] | None = None,
    ) -> None:
        defaults = {}
        if json is not None:
            if content is not None:
                raise TypeError("Expected content or json, got both.")
            content = json_module.dumps(json)
            defaults["Content-Type"] = "application/json"
        content = body_of(content)
        self._headers = RequestHeaders(headers, defaults)
        self._request = Request(
            url=url,
            method=(method or ("GET" if content is None else "POST")).upper(),
            headers=self._headers.given(),
            content=content,
            more_secrets=tuple(secrets),
            advice=advice or {},
        )
        self._secrets = self._request.secrets()
        self._client = client
        self._retries = retries
        self._backoff = backoff or Backoff()
        if idle_timeout is None:
            repeatable = self._request.safe or retries is not None
            idle_timeout = _IDLE_TIMEOUT if repeatable else _IDLE_TIMEOUT_UNREPEATABLE
        self._watchdog = Watchdog(None if idle_timeout == math.inf else idle_timeout)
        self._slow = SlowStart(None if hint_after == math.inf else hint_after)
        self._route = Route(on_sent=self._slow.sent)
        self._max_event_size = max_event_size
        self._strict = strict
        self._on_change = on_change

        self.ready_state: ReadyState = "connecting"
        self.last_event_id = last_event_id or self._headers.start
        """Where a reconnect resumes: the standard's last event id."""
        self.bytes_received = 0
        """Bytes of event stream so far, after content decoding."""
        self.reconnects = 0
        """How often a connection was made again after one had been open."""
        self._retry_ms: int | None = None
        self._ever_open = False
        self._delivered = False  # by the last connection, until it is accounted for
        self._healthy = False
        self._tries = 0  # without success, in a row: against the limit
        self._failures = 0  # in a row: how far the delays have grown
        self._broken = False
        self._said_end = False
        self._ended = asyncio.Event()
        self._batches: AsyncGenerator[list[ServerSentEvent], None] | None = None
        self._reading: ReadingTask[list[ServerSentEvent]] | None = None
        self._ready: list[ServerSentEvent] = []

    def __del__(self) -> None:
        # Left without `async with`: what reads for it has a twin of its own.
        if (reading := self.__dict__.get("_reading")) is not None:
            reading.abandon()

    # -- the public surface ------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it connects, without credentials."""
        return self._request.shown_url

    def secrets(self) -> list[str]:
        """The credentials of the request: values that must not be shown or written."""
        return self._secrets

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
            if self._reading is None:
                self._reading = ReadingTask(_Twin.of(self).batches())
            events = await self._reading.next()
            if events is None:
                if self._broken:
                    # A cancelled or failed wait must not look like the proper end.
                    raise StreamClosed(
                        "This EventSource broke off earlier; make a new one."
                    )
                raise StopAsyncIteration
            self._ready = events[::-1]
        return self._ready.pop()

    def stop_reconnecting(self) -> None:
        """Take the end of the connection that is open, whatever it is, as the end of
        the stream: it has said in words of its own that it is about to end."""
        self._said_end = True

    async def aclose(self) -> None:
        """Close the connection. Harmless when it is closed already, and from another
        task of the same loop, whose iteration then ends."""
        batches = self._batches
        self._ready = []
        if batches is not None:
            if batches.ag_running:  # type: ignore[attr-defined]
                self._watchdog.interrupt()
                await self._ended.wait()
            elif self._reading is not None:
                await self._reading.aclose()
            else:
                await batches.aclose()
        self._change("closed", "closed here")

    def batches(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The events as they arrive together, one list for each read: cheaper than
        one by one where a stream is fast. To be used instead of iterating.

        Raises:
            StreamClosed: if it was closed, or is being read already.
        """
        if self.ready_state == "closed":
            raise StreamClosed("This EventSource is closed; make a new one.")
        if self._batches is not None:
            raise StreamClosed("This EventSource is being read; make another one.")
        self._batches = self._read()
        return self._batches

    async def _read(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        reason = "the iteration was stopped"
        try:
            async with AsyncExitStack() as stack:
                if self._client is None:
                    self._client = await stack.enter_async_context(self._new_client())
                    stack.callback(setattr, self, "_client", None)
                self._change("connecting")
                while True:
                    try:
                        async with aclosing(self._connection()) as connection:
                            async for events in connection:
                                yield events
                        reason = "the server ended the stream"
                        if not await self._again(Trouble(reason, clean=True)):
                            return
                    except Trouble as trouble:
                        reason = trouble.reason
                        if not await self._again(trouble):
                            return
        except NoContent as end:
            reason = str(end)
        except Interrupted:
            reason = "closed here"
        except GeneratorExit:
            raise  # closed between two events, which is no failure
        except BaseException as error:
            self._broken = True
            if isinstance(error, Exception):
                reason = str(error)
            raise
        finally:
            self._ended.set()
            self._change("closed", reason)

    # -- one connection ----------------------------------------------------------

    async def _connection(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """One connection, from request to its proper end; raises Trouble where
        another try may help."""
        loop = asyncio.get_running_loop()
        watchdog, slow = self._watchdog, self._slow

        def wait(awaitable: Awaitable[Any]) -> Awaitable[Any]:
            read = watchdog.read(awaitable)
            return told_apart(self._request, read, self._route, slow)

        slow.say = lambda words: self._change(self.ready_state, words)
        async with AsyncExitStack() as stack:
            stack.callback(watchdog.stop)
            stack.callback(slow.stop)
            response = await self._respond(stack, wait)
            slow.stop()  # an answer, even if it is a refusal that takes its time
            await check(response, self._request, route=self._route, strict=self._strict)
            decoder = EventStreamDecoder(
                last_event_id=self.last_event_id, max_event_size=self._max_event_size
            )
            if self._ever_open:
                self.reconnects += 1
            self._ever_open = True
            opened = loop.time()
            self._change("open")
            slow.opened()
            fresh = True
            inflate = decompressor(response)
            chunks = await stack.enter_async_context(aclosing(raw_chunks(response)))
            try:
                while (chunk := await wait(anext(chunks, None))) is not None:
                    if fresh:
                        fresh = False
                        if slow.suspected:
                            self._change("open")  # without the words
                        slow.stop()
                    for piece in (chunk,) if inflate is None else inflate.pieces(chunk):
                        if len(piece) == PIECE:
                            # More is likely to follow, and must not hold up the loop.
                            await anyio.lowlevel.checkpoint()
                        self.bytes_received += len(piece)
                        events = decoder.feed(piece)
                        self.last_event_id = decoder.last_event_id
                        if events:
                            self._delivered = True
                            yield events
                decoder.finish()
            except ContentCodingError as error:
                raise Trouble(str(error)) from None
            finally:
                if decoder.retry is not None:
                    self._retry_ms = decoder.retry
                self._healthy = loop.time() - opened >= self._backoff.healthy

    async def _respond(
        self, stack: AsyncExitStack, wait: Callable[[Awaitable[Any]], Awaitable[Any]]
    ) -> Any:
        """The response to the request with the headers of now, entered into `stack`.
        A 401 where a connection has been open may mean that they have expired since
        they were read: they are read once more."""
        for last in (not (self._ever_open and self._headers.can_refresh), True):
            self._use(await self._headers.refreshed(self._request, self._watchdog.read))
            attempt = await stack.enter_async_context(AsyncExitStack())
            response = await respond(
                attempt,
                self._client,
                self._request,
                last_event_id=self.last_event_id,
                route=self._route,
                wait=wait,
            )
            if last or response.status_code != 401:
                break
            await attempt.aclose()
        return response

    def _use(self, request: Request) -> None:
        self._request = request
        self._secrets = request.secrets()
        if not (self.last_event_id or self._ever_open):
            self.last_event_id = self._headers.start

    # -- the next try ------------------------------------------------------------

    async def _again(self, trouble: Trouble) -> bool:
        """Wait for the next try, or raise if there is none. False: it was the end."""
        if self._said_end:
            return False
        delivered, self._delivered = self._delivered, False
        healthy, self._healthy = self._healthy, False
        resumable = last_event_id_header(self.last_event_id) is not None
        # What costs money each time is bounded by `retries`, success or not.
        if (delivered or healthy) and (self._request.safe or resumable):
            self._tries = 0
        if healthy or (delivered and trouble.clean):
            self._failures = 0
        self._tries += 1
        self._failures += 1
        if trouble.clean:
            if not self._request.safe:
                return False
            if self._retries is None:
                self._tries = 0  # clean ends go on, as in browsers
            elif self._tries > self._retries:
                return False
        limit = self._retries
        if limit is None:
            limit = _LATER_RETRIES if self._ever_open else _FIRST_RETRIES
        repeatable = (
            self._request.safe
            or trouble.refused
            or self._retries is not None
            or resumable
        )
        if not repeatable or self._tries > limit:
            raise self._lost(trouble, repeatable) from trouble.__cause__
        delay = self._backoff.delay(
            self._failures,
            server=None if self._retry_ms is None else self._retry_ms / 1000,
            retry_after=trouble.retry_after,
        )
        self._change("connecting", trouble.reason, delay)
        await self._watchdog.wait(anyio.sleep(delay))
        return True

    def _lost(self, trouble: Trouble, repeatable: bool) -> ConnectionLost:
        if trouble.advice:
            advice = trouble.advice
        elif not repeatable:
            advice = (
                f"A {self._request.method} that was answered is not sent again "
                "unless you ask for it with retries=N."
            )
        elif trouble.status is not None:
            advice = "Raise retries=N to try for longer, or try again later."
        elif not self._ever_open:
            advice = "Is the server running, and the address right?"
        else:
            advice = "Raise retries=N to try for longer."
        tries = f" ({self._tries} tries)" if self._tries > 1 else ""
        return ConnectionLost(
            f"Expected a connection to {self.url}, but {trouble.reason}{tries}. "
            + advice,
            url=self.url,
            attempts=self._tries,
            last_event_id=self.last_event_id,
            status_code=trouble.status,
        )

    def _change(self, state: ReadyState, reason: str = "", delay: float = 0.0) -> None:
        if state == self.ready_state == "closed":
            return
        self.ready_state = state
        if self._on_change is not None:
            self._on_change(ConnectionChange(state, reason, delay))

    def _new_client(self) -> httpx.AsyncClient:
        try:
            return httpx.AsyncClient(verify=ssl_context(self._request.url))
        except CertificatesUnreadable as error:
            raise failed(self._request, str(error)) from None


class _Twin(EventSource):
    """An EventSource as its own reading task knows it: all that it has is the same, but
    it is another object, so that the one that the user has can be let go of."""

    @classmethod
    def of(cls, source: EventSource) -> _Twin:
        twin = cls.__new__(cls)
        twin.__dict__ = source.__dict__
        return twin

    def __del__(self) -> None:
        pass
