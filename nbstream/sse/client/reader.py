"""Read one event stream over as many connections as it takes.

It carries out what the retry policy decides (`attempts`), on one connection after the
other (`connection`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from ..event import ServerSentEvent
from .attempts import Attempts, Ended, GiveUp
from .change import ConnectionChange, ReadyState
from .connection import Connection, gave_up
from .failures import NoContent, Trouble, failed
from .headers import RequestHeaders
from .idle_timeout import Interrupted, SlowStart, Watchdog
from .request import Request, last_event_id_header
from .route import Route
from .tls import CertificatesUnreadable, ssl_context
from .wake_up import WakeUp, watching


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How to make a client of our own, which is closed with the stream."""

    verify: ssl.SSLContext | bool = True
    """False trusts any certificate; True is what the environment names."""
    proxy: str | None = field(default=None, repr=False)
    """The URL of a proxy; by default the environment's."""

    def client(self, request: Request) -> httpx.AsyncClient:
        """Return a new client for this request.

        Raises:
            ConnectionFailed: if the certificates that the environment names cannot be
                read.
        """
        verify = self.verify
        try:
            if verify is True:
                verify = ssl_context(request.url)
        except CertificatesUnreadable as error:
            raise failed(request, str(error)) from None
        return httpx.AsyncClient(verify=verify, proxy=self.proxy)


class Reader:
    """Reads one event stream, once.

    Args:
        request: what to ask.
        headers: the user's headers for it, read again at each connect.
        attempts: the retry policy.
        watchdog: bounds each wait for the network.
        slow_start: names a likely cause where a connection brings nothing.
        client: an `httpx.AsyncClient`, or anything with its `stream()`; or how to make
            one.
        last_event_id: where to resume from.
        max_event_size: the most characters in one event.
        strict: take only what browsers do.
        on_change: called with each change of the connection's state.
    """

    def __init__(
        self,
        request: Request,
        headers: RequestHeaders,
        attempts: Attempts,
        watchdog: Watchdog,
        slow_start: SlowStart,
        client: Any,
        *,
        last_event_id: str,
        max_event_size: int,
        strict: bool,
        on_change: Callable[[ConnectionChange], None] | None,
    ) -> None:
        self.request = request
        """What is asked, with the headers of the last connect."""
        self.secrets = request.secrets()
        """The values that must not be shown or written."""
        self.ready_state: ReadyState = "connecting"
        self.last_event_id = last_event_id
        self.end_reason = ""
        self.broken = False
        """Whether reading was cancelled, or failed."""
        self._headers = headers
        self._attempts = attempts
        self._watchdog = watchdog
        self._slow_start = slow_start
        self._route = Route(on_sent=slow_start.sent)
        self._client = client
        self._max_event_size = max_event_size
        self._strict = strict
        self._on_change = on_change
        self._bytes_before = 0
        self._connection: Connection | None = None  # the last one
        self._note = ""
        self._closed = asyncio.Event()
        self._pause: asyncio.Event | None = None  # before the next try; set to end it
        self._wake = ""

    @property
    def bytes_received(self) -> int:
        """Bytes of the stream so far, after content decoding."""
        now = self._connection
        return self._bytes_before + (0 if now is None else now.bytes_received)

    @property
    def reconnects(self) -> int:
        """How often a connection was made again after one had been open."""
        return max(0, self._attempts.connections - 1)

    def stop_reconnecting(self) -> None:
        """Take the end of the connection that is open as the end of the stream."""
        self._attempts.end_said()

    async def interrupt(self) -> None:
        """End a wait of `read` that is going on in another task."""
        self._watchdog.interrupt()
        await self._closed.wait()

    def close(self, reason: str) -> None:
        """Say that it is closed, if that has not been said."""
        self._change("closed", reason)

    async def read(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The events as they arrive together, one list for each read; see
        `EventSource` for what is raised."""
        reason, can_follow = "the iteration was stopped", False
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(watching(self._woke_up, self._address))
                client = self._client
                if isinstance(client, ClientOptions):
                    client = await stack.enter_async_context(
                        client.client(self.request)
                    )
                self._change("connecting")
                while True:
                    connection = self._new_connection(client)
                    trouble: Trouble | None = None
                    try:
                        async with aclosing(self._read_connection(connection)) as read:
                            async for events in read:
                                yield events
                    except Trouble as raised:
                        trouble = raised
                    decision = self._attempts.decide(connection.end(trouble))
                    if isinstance(decision, GiveUp):
                        error = gave_up(self.request, decision, self.last_event_id)
                        raise error from (trouble and trouble.__cause__)
                    reason = decision.reason
                    if isinstance(decision, Ended):
                        can_follow = decision.can_follow
                        return
                    self._change("connecting", reason, decision.delay)
                    if await self._watchdog.wait(self._wait_for(decision.delay)):
                        now = f"{reason}; {self._wake}, so it is tried again now"
                        self._change("connecting", now)
        except NoContent as end:
            reason = str(end)
        except Interrupted:
            reason = "closed here"
        except GeneratorExit:
            raise  # closed between two events, which is no failure
        except BaseException as raised:
            self.broken = True
            if isinstance(raised, Exception):
                reason = str(raised)
            raise
        finally:
            self._closed.set()
            self._change("closed", reason, can_follow=can_follow)

    async def _wait_for(self, delay: float) -> bool:
        """Wait before the next try; True if the machine woke up meanwhile."""
        self._pause = asyncio.Event()
        try:
            with anyio.move_on_after(delay):
                await self._pause.wait()
            return self._pause.is_set()
        finally:
            self._pause = None

    def _woke_up(self, wake: WakeUp) -> None:
        if self._pause is not None:
            self._wake = wake.reason
            self._pause.set()
        elif self._connection is not None:
            resumable = last_event_id_header(self.last_event_id) is not None
            self._connection.woke_up(
                wake,
                may_replace=self._attempts.may_replace(
                    certain=wake.certain, resumable=resumable
                ),
            )

    def _address(self) -> str:
        return "" if self._connection is None else self._connection.address

    def _new_connection(self, client: Any) -> Connection:
        self._bytes_before = self.bytes_received
        self._connection = Connection(
            client,
            self.request,
            self._watchdog,
            self._slow_start,
            self._route,
            last_event_id=self.last_event_id,
            max_event_size=self._max_event_size,
            strict=self._strict,
        )
        return self._connection

    async def _read_connection(
        self, connection: Connection
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        """One connection, from request to its proper end, or to where the server begins
        to repeat itself; raises Trouble where another try may help."""
        slow_start = self._slow_start
        slow_start.say = lambda words: self._change(self.ready_state, words)
        async with AsyncExitStack() as stack:
            try:
                await connection.open(
                    stack, self._headers, again=self._attempts.connections > 0
                )
            finally:
                self.request = connection.request
                self.secrets = connection.request.secrets()
            self.last_event_id = connection.last_event_id
            self._attempts.opened()
            self._change("open")
            slow_start.opened()
            batches = await stack.enter_async_context(aclosing(connection.batches()))
            async for events in batches:
                if slow_start.suspected:
                    self._change("open")  # without the words
                slow_start.stop()
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
        reason = self.request.scrubbed(reason) if reason else ""
        self.ready_state = state
        if state == "closed":
            self.end_reason = reason
        if self._on_change is not None:
            self._on_change(ConnectionChange(state, reason, delay, **more))
