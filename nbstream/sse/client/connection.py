"""Open one connection and read its body as events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import anyio.lowlevel

from ...platforms.network import is_gone
from ..decoder import EventStreamDecoder
from ..end_words import END_WORDS
from ..event import ServerSentEvent
from .failures import RetryableError, translate_errors
from .liveness.buffering_hint import BufferingHint
from .liveness.idle_timeout import Watchdog
from .liveness.tcp_keepalive import probe, socket_of
from .liveness.wake_up import WakeUp
from .requests.header_provider import HeaderProvider
from .requests.redirects import send_request
from .requests.request import Request, encode_last_event_id
from .requests.request_trace import RequestTrace
from .responses.content_coding import (
    ContentCodingError,
    ContentCodingUnsupported,
    content_decoder_for,
    raw_chunks,
)
from .responses.format_selection import event_decoder_for, format_note
from .responses.json_body import NotAStream
from .responses.response_check import (
    build_content_coding_error,
    build_not_a_stream_error,
    check_response,
)
from .retry.decisions import ConnectionEnd
from .retry.policy import ID_NOT_SENT

# Seconds that decompression may hold the event loop: a small body may decompress to a
# large one, or slowly to nothing.
_MAX_TURN = 0.01
# Seconds that a connection may be silent after the machine woke up.
_SILENCE_AFTER_WAKE_UP = 3.0


class Connection:
    """One connection of an EventSource. Open it, then read it to its end.

    Args:
        client: an `httpx.AsyncClient`, or anything with its `stream()`.
        request: the request.
        watchdog: bounds each wait for the network.
        hint: names a likely cause if the connection brings nothing.
        trace: follows the request on its way.
        last_event_id: where to resume from; empty for the start.
        max_event_size: the most characters in one event.
        strict: accept only what browsers do.
    """

    def __init__(
        self,
        client: Any,
        request: Request,
        watchdog: Watchdog,
        hint: BufferingHint,
        trace: RequestTrace,
        *,
        last_event_id: str,
        max_event_size: int,
        strict: bool,
    ) -> None:
        self.bytes_received = 0
        """Bytes of the body so far, after content decoding."""
        self.request = request
        """The request, with the headers that were sent."""
        self.address = ""
        """The local IP address; empty if unknown."""
        self._woken = False  # and nothing was received since
        self._client = client
        self._watchdog = watchdog
        self._hint = hint
        self._trace = trace
        self._resumed_id = last_event_id
        self._max_event_size = max_event_size
        self._strict = strict
        self._opened_at: float | None = None

    async def open(
        self, stack: AsyncExitStack, headers: HeaderProvider, *, again: bool
    ) -> None:
        """Send the request and check the head of the response.

        Args:
            stack: closes the connection.
            headers: provides the user's headers.
            again: a connection was open before, so a 401 may mean that the credentials
                have expired: the headers are then refreshed once more.

        Raises:
            RetryableError: if another try may succeed.
            NoContent: if the server answers that the stream is complete.
            ConnectionFailed: for any other refusal.
        """
        stack.callback(self._watchdog.stop)
        stack.callback(self._hint.stop)
        response = await self._send(stack, headers, again)
        # Even a refusal is a response, although its body may take its time.
        self._hint.stop()
        await check_response(
            response, self.request, trace=self._trace, strict=self._strict
        )
        self._response = response
        self.address = _local_address(response)
        try:
            self._content_decoder = content_decoder_for(response)
        except ContentCodingUnsupported as error:
            raise build_content_coding_error(
                response, self.request, error.codings
            ) from None
        self._chunks = await stack.enter_async_context(aclosing(raw_chunks(response)))
        self._decoder = event_decoder_for(
            response,
            self.request,
            # Differs from every id that this connection may send, the same one again
            # included.
            last_event_id=ID_NOT_SENT if self._resumed_id else "",
            max_event_size=self._max_event_size,
        )
        self._opened_at = asyncio.get_running_loop().time()

    async def _send(
        self, stack: AsyncExitStack, headers: HeaderProvider, again: bool
    ) -> Any:
        for last in (not (again and headers.can_refresh), True):
            self.request = await headers.refresh(self.request, self._watchdog.read)
            if not (self._resumed_id or again):
                self._resumed_id = headers.start_id
            attempt = await stack.enter_async_context(AsyncExitStack())
            response = await send_request(
                attempt,
                self._client,
                self.request,
                last_event_id=self._resumed_id,
                trace=self._trace,
                wait=self._wait,
            )
            if last or response.status_code != 401:
                break
            await attempt.aclose()
        return response

    async def batches(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """Yield the events of each read, to the end of the body; an empty list for a
        read that completes no event. The id is `ID_NOT_SENT`, or empty, before the
        connection's first `id:`; see `with_id`.

        Raises:
            RetryableError: if another connection may help.
            ConnectionFailed: if the body is not a stream.
            EventTooLarge: if an event passes the limit.
        """
        decoder, content_decoder = self._decoder, self._content_decoder
        now = asyncio.get_running_loop().time
        try:
            while (chunk := await self._wait(anext(self._chunks, None))) is not None:
                self._woken = False
                turn = now()
                for piece in content_decoder.pieces(chunk):
                    if now() - turn > _MAX_TURN:
                        await anyio.lowlevel.checkpoint()
                        turn = now()
                    if not piece:
                        continue
                    self.bytes_received += len(piece)
                    events = decoder.feed(piece)
                    yield [*events, end] if (end := self._bare_end()) else events
            content_decoder.finish()
            yield decoder.finish()
        except ContentCodingError as error:
            raise RetryableError(str(error)) from None
        except NotAStream as error:
            body = self.request.redact(error.body)
            raise build_not_a_stream_error(self._response, self.request, body) from None

    def handle_wake_up(self, wake: WakeUp, *, may_replace: bool) -> None:
        """React to a machine that woke up, or changed its network: give up a connection
        that is dead by now, and probe the others.

        Args:
            wake: what happened.
            may_replace: give the connection up if it stays silent for 3 s.
        """
        self._woken = True
        if self.address and is_gone(self.address):
            self._watchdog.give_up(f"{wake.reason}, and its address is gone")
        elif may_replace:
            why = f"{wake.reason}, and nothing has come since"
            self._watchdog.give_up_after(_SILENCE_AFTER_WAKE_UP, why)
        if self._opened_at is not None:
            probe(self._response)

    def _bare_end(self) -> ServerSentEvent | None:
        """Return an event for an end marker without data, such as `event: end` alone.
        The standard dispatches it to nobody, and nothing else distinguishes a server
        that ends from one that pauses."""
        decoder = self._decoder
        if self._strict or not isinstance(decoder, EventStreamDecoder):
            return None
        word = decoder.take_undispatched()
        if word.lower() not in END_WORDS:
            return None
        return ServerSentEvent(event=word, id=decoder.last_event_id)

    @property
    def last_event_id(self) -> str:
        """The id to resume from."""
        if self._opened_at is None or self._decoder.last_event_id == ID_NOT_SENT:
            return self._resumed_id
        return self._decoder.last_event_id

    @property
    def note(self) -> str:
        """A sentence on the format of the body, for the user; empty if there is nothing
        to note."""
        return "" if self._opened_at is None else format_note(self._decoder)

    def with_id(self, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        """Return the events with the standard's last event id: that of the connection
        before is valid until this one sends another."""
        if not events or events[0].id != ID_NOT_SENT:
            return events
        resumed = self._resumed_id
        return [e._replace(id=resumed) if e.id == ID_NOT_SENT else e for e in events]

    def describe_end(self, failure: RetryableError | None = None) -> ConnectionEnd:
        """Return how the connection ended, for the retry policy.

        Args:
            failure: what ended it; None if the body is complete.
        """
        retry, sent_id, lived = None, False, 0.0
        if self._opened_at is not None:
            lived = asyncio.get_running_loop().time() - self._opened_at
            retry = self._decoder.retry
            sent_id = self._decoder.last_event_id not in ("", ID_NOT_SENT)
        facts: dict[str, Any] = {
            "lived": lived,
            "woken": self._woken,
            "sent_id": sent_id,
            "resumable": encode_last_event_id(self.last_event_id) is not None,
            "retry": None if retry is None else retry / 1000,
        }
        if failure is None:
            return ConnectionEnd(clean=True, **facts)
        return ConnectionEnd(
            failure.reason,
            refused=failure.refused,
            advice=failure.advice,
            status=failure.status,
            retry_after=failure.retry_after,
            **facts,
        )

    def _wait(self, awaitable: Awaitable[Any]) -> Awaitable[Any]:
        read = self._watchdog.read(awaitable)
        return translate_errors(self.request, read, self._trace, self._hint)


def _local_address(response: Any) -> str:
    sock = socket_of(response)
    try:
        return "" if sock is None else str(sock.getsockname()[0])
    except (OSError, IndexError):
        return ""
