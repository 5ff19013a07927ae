"""Read one event stream over as many connections as it takes.

Opens one connection after the other (`connection`) and carries out what the retry
policy decides (`retry.policy`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import anyio

from ..event import ServerSentEvent
from .connection import Connection
from .connection_state import ConnectionChange, ReadyState
from .failures import NoContent, RetryableError, build_give_up_error
from .liveness.buffering_hint import BufferingHint
from .liveness.idle_timeout import Interrupted, Watchdog
from .liveness.wake_up import WakeUp, watching
from .requests.client_options import ClientOptions
from .requests.header_provider import HeaderProvider
from .requests.request import Request, encode_last_event_id
from .requests.request_trace import RequestTrace
from .retry.decisions import Ended, GiveUp
from .retry.policy import RetryPolicy


class Reader:
    """Reads one event stream, once.

    Args:
        request: the request.
        headers: provides the user's headers at each connect.
        policy: the retry policy.
        watchdog: bounds each wait for the network.
        hint: names a likely cause if a connection brings nothing.
        client: an `httpx.AsyncClient`, or anything with its `stream()`; or how to make
            one.
        last_event_id: where to resume from; empty for the start.
        max_event_size: the most characters in one event.
        strict: accept only what browsers do.
        on_change: called with each change of the connection's state.
    """

    def __init__(
        self,
        request: Request,
        headers: HeaderProvider,
        policy: RetryPolicy,
        watchdog: Watchdog,
        hint: BufferingHint,
        client: Any,
        *,
        last_event_id: str,
        max_event_size: int,
        strict: bool,
        on_change: Callable[[ConnectionChange], None] | None,
    ) -> None:
        self.request = request
        """The request, with the headers of the last connect."""
        self.secrets = request.secrets()
        """The values to redact."""
        self.ready_state: ReadyState = "connecting"
        self.last_event_id = last_event_id
        self.end_reason = ""
        """Why it is closed; empty before."""
        self.broken = False
        """True if reading was cancelled, or failed."""
        self._headers = headers
        self._policy = policy
        self._watchdog = watchdog
        self._hint = hint
        self._trace = RequestTrace(on_sent=hint.expect_response)
        self._client = client
        self._max_event_size = max_event_size
        self._strict = strict
        self.callbacks = [] if on_change is None else [on_change]
        """Called with each change of the connection's state."""
        self._bytes_before = 0
        self._connection: Connection | None = None  # the last one
        self._note = ""
        self._closed = asyncio.Event()
        self._pause: asyncio.Event | None = None  # before the next try; set to end it
        self._wake_reason = ""

    @property
    def bytes_received(self) -> int:
        """Bytes of the stream so far, after content decoding."""
        now = self._connection
        return self._bytes_before + (0 if now is None else now.bytes_received)

    @property
    def reconnects(self) -> int:
        """How many connections were opened after the first."""
        return max(0, self._policy.connections - 1)

    def stop_reconnecting(self) -> None:
        """Take the end of the current connection as the end of the stream."""
        self._policy.record_end()

    async def interrupt(self) -> None:
        """End a wait of `read` in another task, and return when `read` has ended."""
        self._watchdog.interrupt()
        await self._closed.wait()

    def close(self, reason: str) -> None:
        """Report the state `closed`, unless it was reported before."""
        self._change("closed", reason)

    async def read(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """Yield the events as they arrive together, one list for each read; see
        `EventSource` for what is raised."""
        reason, can_follow = "the iteration was stopped", False
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(watching(self._handle_wake_up, self._address))
                client = self._client
                if isinstance(client, ClientOptions):
                    client = await stack.enter_async_context(
                        client.make_client(self.request)
                    )
                self._change("connecting")
                while True:
                    connection = self._make_connection(client)
                    failure: RetryableError | None = None
                    try:
                        async with aclosing(self._read_connection(connection)) as read:
                            async for events in read:
                                yield events
                    except RetryableError as raised:
                        failure = raised
                    decision = self._policy.decide(connection.describe_end(failure))
                    if isinstance(decision, GiveUp):
                        raise build_give_up_error(
                            self.request, decision, self.last_event_id
                        ) from (failure and failure.__cause__)
                    reason = decision.reason
                    if isinstance(decision, Ended):
                        can_follow = decision.can_follow
                        return
                    self._change("connecting", reason, decision.delay)
                    if await self._watchdog.wait(self._sleep(decision.delay)):
                        now = f"{reason}; {self._wake_reason}, so it is tried again now"
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

    async def _sleep(self, delay: float) -> bool:
        """Wait before the next try; return True if the machine woke up meanwhile."""
        self._pause = asyncio.Event()
        try:
            with anyio.move_on_after(delay):
                await self._pause.wait()
            return self._pause.is_set()
        finally:
            self._pause = None

    def _handle_wake_up(self, wake: WakeUp) -> None:
        if self._pause is not None:
            self._wake_reason = wake.reason
            self._pause.set()
        elif self._connection is not None:
            resumable = encode_last_event_id(self.last_event_id) is not None
            self._connection.handle_wake_up(
                wake,
                may_replace=self._policy.may_replace(
                    certain=wake.certain, resumable=resumable
                ),
            )

    def _address(self) -> str:
        return "" if self._connection is None else self._connection.address

    def _make_connection(self, client: Any) -> Connection:
        self._bytes_before = self.bytes_received
        self._connection = Connection(
            client,
            self.request,
            self._watchdog,
            self._hint,
            self._trace,
            last_event_id=self.last_event_id,
            max_event_size=self._max_event_size,
            strict=self._strict,
        )
        return self._connection

    async def _read_connection(
        self, connection: Connection
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        """Yield the events of one connection, until it ends or the server begins to
        repeat itself; raise RetryableError if another try may help."""
        hint = self._hint
        hint.on_hint = lambda text: self._change(self.ready_state, text)
        async with AsyncExitStack() as stack:
            try:
                await connection.open(
                    stack, self._headers, again=self._policy.connections > 0
                )
            finally:
                self.request = connection.request
                self.secrets = connection.request.secrets()
            self.last_event_id = connection.last_event_id
            self._policy.record_open()
            self._change("open")
            hint.expect_first_byte()
            batches = await stack.enter_async_context(aclosing(connection.batches()))
            async for events in batches:
                if hint.given:
                    self._change("open")  # which takes the hint back
                hint.stop()
                if connection.note not in ("", self._note):
                    self._note = connection.note
                    self._change("open", note=self._note)
                new = self._policy.record_events(events)
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
        reason = self.request.redact(reason) if reason else ""
        self.ready_state = state
        if state == "closed":
            self.end_reason = reason
        change = ConnectionChange(state, reason, delay, **more)
        for callback in self.callbacks:
            callback(change)
