"""One connection: from the request to the end of the answer's body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import anyio.lowlevel

from ...errors import ConnectionFailed, ConnectionLost
from ..decoder import EventStreamDecoder
from ..end_words import END_WORDS
from ..event import ServerSentEvent
from .attempts import ID_NOT_SENT, ConnectionEnd, GiveUp
from .content_coding import (
    ContentCodingError,
    ContentCodingUnsupported,
    decoder_of_body,
    raw_chunks,
)
from .failures import Trouble, failed, told_apart
from .headers import RequestHeaders
from .idle_timeout import SlowStart, Watchdog
from .json_answer import NotAStream
from .keep_alive import probe, socket_of
from .media_types import decoder_for, note_of
from .redirects import respond
from .request import Request, last_event_id_header
from .response_check import check, not_a_stream, undecodable
from .route import Route
from .wake_up import WakeUp, is_gone

# Seconds that decoding may keep the loop to itself: a small body may decode to a large
# one, or to nothing at great length.
_TURN = 0.01
# Seconds that a connection may be silent after the machine woke up.
_AFTER_WAKING = 3.0


class Connection:
    """One connection of an EventSource, to be opened and then read to its end.

    Args:
        client: an `httpx.AsyncClient`, or anything with its `stream()`.
        request: what to ask.
        watchdog: bounds each wait for the network.
        slow_start: names a likely cause where nothing comes.
        route: follows the request on its way.
        last_event_id: where to resume from.
        max_event_size: the most characters in one event.
        strict: take only what browsers do.
    """

    def __init__(
        self,
        client: Any,
        request: Request,
        watchdog: Watchdog,
        slow_start: SlowStart,
        route: Route,
        *,
        last_event_id: str,
        max_event_size: int,
        strict: bool,
    ) -> None:
        self.bytes_received = 0
        """Bytes of the body so far, after content decoding."""
        self.request = request
        """What is asked, with the headers that it was sent with."""
        self.address = ""
        """The IP address of ours that it is from; empty if that is not known."""
        self._woken = False
        self._client = client
        self._watchdog = watchdog
        self._slow_start = slow_start
        self._route = route
        self._resumed_id = last_event_id
        self._max_event_size = max_event_size
        self._strict = strict
        self._opened: float | None = None

    async def open(
        self, stack: AsyncExitStack, headers: RequestHeaders, *, again: bool
    ) -> None:
        """Send the request and look at the answer's head.

        Args:
            stack: closes the connection.
            headers: the user's, which are read now.
            again: a connection was open before: a 401 may mean that the credentials
                have expired, so the headers are read once more.

        Raises:
            Trouble: where another try may help.
            NoContent: the server says that there is no more to come.
            ConnectionFailed: for any other refusal.
        """
        stack.callback(self._watchdog.stop)
        stack.callback(self._slow_start.stop)
        response = await self._respond(stack, headers, again)
        # An answer, even if it is a refusal whose body takes its time.
        self._slow_start.stop()
        await check(response, self.request, route=self._route, strict=self._strict)
        self._response = response
        self.address = _address_of(response)
        try:
            self._coding = decoder_of_body(response)
        except ContentCodingUnsupported as error:
            raise undecodable(response, self.request, error.codings) from None
        self._chunks = await stack.enter_async_context(aclosing(raw_chunks(response)))
        self._decoder = decoder_for(
            response,
            self.request,
            # Told apart from an id that is sent anew on this connection.
            last_event_id=ID_NOT_SENT if self._resumed_id else "",
            max_event_size=self._max_event_size,
        )
        self._opened = asyncio.get_running_loop().time()

    async def _respond(
        self, stack: AsyncExitStack, headers: RequestHeaders, again: bool
    ) -> Any:
        for last in (not (again and headers.can_refresh), True):
            self.request = await headers.refreshed(self.request, self._watchdog.read)
            if not (self._resumed_id or again):
                self._resumed_id = headers.start
            attempt = await stack.enter_async_context(AsyncExitStack())
            response = await respond(
                attempt,
                self._client,
                self.request,
                last_event_id=self._resumed_id,
                route=self._route,
                wait=self._wait,
            )
            if last or response.status_code != 401:
                break
            await attempt.aclose()
        return response

    async def batches(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The events of each read, to the proper end of the body; none of a read that
        completes no event. The id is `ID_NOT_SENT`, or empty, where the connection has
        sent none; see `with_id`.

        Raises:
            Trouble: where another connection may help.
            ConnectionFailed: if the body is nothing that can be followed.
            EventTooLarge: if one event is.
        """
        decoder, coding = self._decoder, self._coding
        now = asyncio.get_running_loop().time
        try:
            while (chunk := await self._wait(anext(self._chunks, None))) is not None:
                self._woken = False
                turn = now()
                for piece in coding.pieces(chunk):
                    if now() - turn > _TURN:
                        await anyio.lowlevel.checkpoint()
                        turn = now()
                    if not piece:
                        continue
                    self.bytes_received += len(piece)
                    events = decoder.feed(piece)
                    yield [*events, end] if (end := self._bare_end()) else events
            coding.finish()
            yield decoder.finish()
        except ContentCodingError as error:
            raise Trouble(str(error)) from None
        except NotAStream as error:
            body = self.request.scrubbed(error.body)
            raise not_a_stream(self._response, self.request, body) from None

    def woke_up(self, wake: WakeUp, *, may_replace: bool) -> None:
        """Take note that the machine woke up, or changed its network: give up what is
        dead by now, and if it may be replaced, what then stays silent."""
        self._woken = True
        if self.address and is_gone(self.address):
            self._watchdog.give_up(f"{wake.reason}, and its address is gone")
        elif may_replace:
            why = f"{wake.reason}, and nothing has come since"
            self._watchdog.expect(_AFTER_WAKING, why)
        if self._opened is not None:
            probe(self._response)

    def _bare_end(self) -> ServerSentEvent | None:
        """An end in a word that came without data, such as `event: end` alone. The
        standard dispatches it to nobody, and it is the only thing that tells a server
        which ends from one that pauses."""
        decoder = self._decoder
        if self._strict or not isinstance(decoder, EventStreamDecoder):
            return None
        word, decoder.dataless = decoder.dataless, ""
        if word.lower() not in END_WORDS:
            return None
        return ServerSentEvent(event=word, id=decoder.last_event_id)

    @property
    def last_event_id(self) -> str:
        """The id to resume from."""
        if self._opened is None or self._decoder.last_event_id == ID_NOT_SENT:
            return self._resumed_id
        return self._decoder.last_event_id

    @property
    def note(self) -> str:
        """What the reader has to know of the answer's format; empty if nothing."""
        return "" if self._opened is None else note_of(self._decoder)

    def with_id(self, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        """The events, each with the last event id as the standard has it: one that the
        connection before sent stays until this one sends another."""
        if not events or events[0].id != ID_NOT_SENT:
            return events
        resumed = self._resumed_id
        return [e._replace(id=resumed) if e.id == ID_NOT_SENT else e for e in events]

    def end(self, trouble: Trouble | None = None) -> ConnectionEnd:
        """How it ended: by this trouble, or properly."""
        retry, sent_id, lived = None, False, 0.0
        if self._opened is not None:
            lived = asyncio.get_running_loop().time() - self._opened
            retry = self._decoder.retry
            sent_id = self._decoder.last_event_id not in ("", ID_NOT_SENT)
        facts: dict[str, Any] = {
            "lived": lived,
            "woken": self._woken,
            "sent_id": sent_id,
            "resumable": last_event_id_header(self.last_event_id) is not None,
            "retry": None if retry is None else retry / 1000,
        }
        if trouble is None:
            return ConnectionEnd(clean=True, **facts)
        return ConnectionEnd(
            trouble.reason,
            refused=trouble.refused,
            advice=trouble.advice,
            status=trouble.status,
            retry_after=trouble.retry_after,
            **facts,
        )

    def _wait(self, awaitable: Awaitable[Any]) -> Awaitable[Any]:
        read = self._watchdog.read(awaitable)
        return told_apart(self.request, read, self._route, self._slow_start)


def _address_of(response: Any) -> str:
    sock = socket_of(response)
    try:
        return "" if sock is None else str(sock.getsockname()[0])
    except (OSError, IndexError):
        return ""


def gave_up(
    request: Request, decision: GiveUp, last_event_id: str
) -> ConnectionFailed | ConnectionLost:
    """The error for a stream that the retry policy gives up."""
    tries = f" ({decision.attempts} tries)" if decision.attempts > 1 else ""
    what = f"{decision.reason}{tries}"
    if decision.empty:
        return failed(request, what, advice=decision.advice, status=200)
    told = f"Expected a connection to {request.shown_url}, but {what}."
    return ConnectionLost(
        request.scrubbed(f"{told} {decision.advice}"),
        url=request.shown_url,
        attempts=decision.attempts,
        last_event_id=last_event_id,
        status_code=decision.status,
    )
