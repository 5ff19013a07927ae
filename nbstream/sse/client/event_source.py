"""EventSource: connect, resume, watch for silence.

The package's docstring has where it departs from the standard; `attempts` has the
policy that it carries out.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Self

import anyio
import httpx

from ...errors import StreamClosed
from ..decoder import DEFAULT_MAX_EVENT_SIZE
from ..event import ServerSentEvent
from .attempts import Attempts, Ended, GiveUp
from .backoff import Backoff
from .change import ConnectionChange, ReadyState
from .connection import Connection, gave_up
from .failures import NoContent, Trouble
from .idle_timeout import Interrupted, Watchdog
from .request import request_of
from .tls import ssl_context

_IDLE_TIMEOUT = 45.0
# What cannot be repeated is worth waiting for: some models think for minutes.
_IDLE_TIMEOUT_UNREPEATABLE = 600.0


class EventSource:
    """An event stream that reconnects and resumes, as an async iterator of events.

        async with EventSource("https://host/events") as source:
            async for event in source:
                ...

    A connection that breaks is made again. One that comes to its proper end:

    - is the end of the stream, if it had events and no connection so far carried an
      `id:` or `retry:`; if it had none, that is an error;
    - otherwise is made again, after the server's `retry:` or else 3 s. If that answer
      repeats an id, or three in a row hold no event, the server does not resume: that
      is the end, and what is repeated is dropped;
    - is the end for a POST, and whatever else is not safe to repeat, ids or not;
    - is followed without end with `follow` or `strict`.

    204 and 205 are the end. JSON lines and chunked text are read, too (`media_types`).

    Args:
        url: an http or https URL.
        method: default GET, or POST if there is content.
        headers: more headers; the mapping is not changed.
        content: the request's body.
        json: the request's body, as a value to be sent as JSON.
        client: an `httpx.AsyncClient`, or anything with its `stream()`. It is not
            closed. By default one is made and closed.
        verify: for that own client: False trusts any certificate, and an
            `ssl.SSLContext` trusts what it says.
        proxy: for that own client: the URL of a proxy; by default the environment's.
        last_event_id: where to resume from.
        retries: how many tries in a row may fail. By default 2 before the first
            success and 20 after it. A number given here also allows a request that
            is not safe to repeat to be sent again after a failure; and it is the most
            requests that are made after proper ends, in all.
        follow: connect again after every proper end of a GET, as browsers do.
        backoff: the delays between tries.
        idle_timeout: seconds without a byte after which a connection is given up;
            comments count as life. Default 45, or 600 for a request that cannot be
            repeated. `math.inf` waits for ever.
        max_event_size: the most characters in one event; default 16 Mi.
        strict: fail, and connect again after proper ends, as browsers do.
        secrets: more values that must not be shown than those in URL and headers.
        advice: what to tell the user to do about a refusal, by its status.
        on_change: called once with each change of state.

    Raises (while iterating):
        ConnectionFailed: a refusal that is final, or a stream without an event.
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
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        last_event_id: str = "",
        retries: int | None = None,
        follow: bool = False,
        backoff: Backoff | None = None,
        idle_timeout: float | None = None,
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
        strict: bool = False,
        secrets: Sequence[str] = (),
        advice: Mapping[int, str] | None = None,
        on_change: Callable[[ConnectionChange], None] | None = None,
    ) -> None:
        self._request = request_of(
            url, method, headers, content, json, secrets=secrets, advice=advice
        )
        self._client = client
        self._verify = verify
        self._proxy = proxy
        safe = self._request.safe
        self._attempts = Attempts(
            self._request.method, safe, retries, backoff, follow=follow, strict=strict
        )
        if idle_timeout is None:
            repeatable = safe or retries is not None
            idle_timeout = _IDLE_TIMEOUT if repeatable else _IDLE_TIMEOUT_UNREPEATABLE
        self._watchdog = Watchdog(None if idle_timeout == math.inf else idle_timeout)
        self._max_event_size = max_event_size
        self._strict = strict
        self._on_change = on_change

        self.ready_state: ReadyState = "connecting"
        self.last_event_id = last_event_id
        """Where a reconnect resumes: the standard's last event id."""
        self.end_reason = ""
        """How it ended; empty before."""
        self._bytes_before = 0
        self._connection: Connection  # the last one, once there is one
        self._note = ""
        self._broken = False
        self._closed = asyncio.Event()
        self._batches: AsyncGenerator[list[ServerSentEvent], None] | None = None
        self._ready: list[ServerSentEvent] = []

    # -- the public surface ------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it connects, without credentials."""
        return self._request.shown_url

    def secrets(self) -> list[str]:
        """The credentials of the request: values that must not be shown or written."""
        return self._request.secrets()

    @property
    def bytes_received(self) -> int:
        """Bytes of the stream so far, after content decoding."""
        now = getattr(self, "_connection", None)
        return self._bytes_before + (0 if now is None else now.bytes_received)

    @property
    def reconnects(self) -> int:
        """How often a connection was made again after one had been open."""
        return max(0, self._attempts.connections - 1)

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
                self.batches()
            assert self._batches is not None
            try:
                self._ready = await anext(self._batches)
            except StopAsyncIteration:
                if self._broken:
                    # A cancelled or failed wait must not look like the proper end.
                    raise StreamClosed(
                        "This EventSource broke off earlier; make a new one."
                    ) from None
                raise
            self._ready.reverse()
        return self._ready.pop()

    def stop_reconnecting(self) -> None:
        """Take the end of the connection that is open, whatever it is, as the end of
        the stream: it has said in words of its own that it is about to end."""
        self._attempts.end_said()

    async def aclose(self) -> None:
        """Close the connection. Harmless when it is closed already, and from another
        task of the same loop, whose iteration then ends."""
        batches = self._batches
        self._ready = []
        if batches is not None:
            if batches.ag_running:  # type: ignore[attr-defined]
                self._watchdog.interrupt()
                await self._closed.wait()
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
        reason, can_follow = "the iteration was stopped", False
        try:
            async with AsyncExitStack() as stack:
                if self._client is None:
                    self._client = await stack.enter_async_context(
                        _new_client(self._verify, self._proxy)
                    )
                    stack.callback(setattr, self, "_client", None)
                self._change("connecting")
                while True:
                    try:
                        async with aclosing(self._read_connection()) as batches:
                            async for events in batches:
                                yield events
                        end, cause = self._connection.end(), None
                    except Trouble as trouble:
                        end, cause = self._connection.end(trouble), trouble.__cause__
                    decision = self._attempts.decide(end)
                    if isinstance(decision, GiveUp):
                        raise gave_up(
                            self._request, decision, self.last_event_id
                        ) from cause
                    reason = decision.reason
                    if isinstance(decision, Ended):
                        can_follow = decision.can_follow
                        return
                    self._change("connecting", reason, decision.delay)
                    await self._watchdog.wait(anyio.sleep(decision.delay))
        except NoContent as answer:
            reason = f"the server answered {answer}"
        except Interrupted:
            reason = "closed here"
        except BaseException as raised:
            self._broken = True
            if isinstance(raised, Exception):
                reason = str(raised)
            raise
        finally:
            self._closed.set()
            self._change("closed", reason, can_follow=can_follow)

    async def _read_connection(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """One connection, from request to its proper end, or to where the server begins
        to repeat itself; raises Trouble where another try may help."""
        self._bytes_before = self.bytes_received
        connection = self._connection = Connection(
            self._client,
            self._request,
            self._watchdog,
            last_event_id=self.last_event_id,
            max_event_size=self._max_event_size,
            strict=self._strict,
        )
        async with AsyncExitStack() as stack:
            await connection.open(stack)
            self._attempts.opened()
            self._change("open")
            batches = await stack.enter_async_context(aclosing(connection.batches()))
            async for events in batches:
                if connection.note not in ("", self._note):
                    self._note = connection.note
                    self._change("open", note=self._note)
                new = self._attempts.received(events)
                if new < len(events):
                    if new:
                        yield connection.with_id(events[:new])
                    return
                self.last_event_id = connection.last_event_id
                if events:
                    yield connection.with_id(events)

    def _change(
        self, state: ReadyState, reason: str = "", delay: float = 0.0, **more: Any
    ) -> None:
        if state == self.ready_state == "closed":
            return
        self.ready_state = state
        if state == "closed":
            self.end_reason = reason
        if self._on_change is not None:
            self._on_change(ConnectionChange(state, reason, delay, **more))


def _new_client(verify: ssl.SSLContext | bool, proxy: str | None) -> httpx.AsyncClient:
    if verify is True:
        verify = ssl_context()
    return httpx.AsyncClient(verify=verify, proxy=proxy)
