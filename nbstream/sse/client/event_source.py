"""EventSource: the handle of one event stream; `reader` has what it handles.

The package's docstring has where it departs from the standard.
"""

from __future__ import annotations

import json as json_module
import math
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Self

from ...errors import StreamClosed
from ..decoder import DEFAULT_MAX_EVENT_SIZE
from ..event import ServerSentEvent
from .attempts import Attempts
from .backoff import Backoff
from .change import ConnectionChange, ReadyState
from .credentials import url_secrets
from .headers import HeadersGiven, RequestHeaders
from .idle_timeout import SlowStart, Watchdog
from .reader import ClientOptions, Reader
from .reading_task import ReadingTask
from .request import request_of

_IDLE_TIMEOUT = 45.0
# What cannot be repeated is worth waiting for: some models think for minutes.
_IDLE_TIMEOUT_UNREPEATABLE = 600.0
# Long enough for most servers to say something.
_HINT_AFTER = 10.0


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

    What the server may answer: 204 and 205 end the stream. Any other 2xx with a type
    that is read (`media_types`) is read; with `strict`, 200 and text/event-stream
    alone. The text is UTF-8, whatever a charset parameter of the type says (WHATWG HTML
    9.2.6). A redirect (301, 302, 303, 307, 308) is followed, and holds for that one
    request: a reconnect asks the URL given here again, even after a permanent redirect.

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
        verify: for that own client: False trusts any certificate, and an
            `ssl.SSLContext` trusts what it says. By default what `SSL_CERT_FILE`,
            `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names, else what httpx trusts.
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
        hint_after: seconds without an answer, or without a byte of it, after which
            `on_change` is called with a reason that names a proxy that buffers as the
            likely cause. Waiting goes on. Default 10; `math.inf` never does.
        max_event_size: the most characters in one event; default 16 Mi.
        strict: fail, and connect again after proper ends, as browsers do.
        secrets: more values that must not be shown than those in URL, headers and body,
            each of at least 4 characters.
        advice: what to tell the user to do about a refusal, by its status.
        on_change: called once with each change of state, and where there is something
            to say of the state: "open" with a reason is a connection that brings
            nothing, and "open" again without one is its first byte.

    Raises (while iterating):
        ConnectionFailed: a refusal that is final, a stream without an event, or a
            callable for headers that raised.
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
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        last_event_id: str = "",
        retries: int | None = None,
        follow: bool = False,
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
        own = RequestHeaders(headers, defaults)
        if proxy is not None:
            secrets = [*secrets, *url_secrets(proxy)]
        request = request_of(url, method, content, secrets=secrets, advice=advice)
        request = request.with_headers(own.given())
        if idle_timeout is None:
            repeatable = request.safe or retries is not None
            idle_timeout = _IDLE_TIMEOUT if repeatable else _IDLE_TIMEOUT_UNREPEATABLE
        # What reads knows nothing of this object, so that one which is let go of in the
        # middle of a loop is closed.
        self._reader = Reader(
            request,
            own,
            Attempts(
                request.method, request.safe, retries, backoff,
                follow=follow, strict=strict,
            ),
            Watchdog(None if idle_timeout == math.inf else idle_timeout),
            SlowStart(None if hint_after == math.inf else hint_after),
            client or ClientOptions(verify, proxy),
            last_event_id=last_event_id or own.start,
            max_event_size=max_event_size,
            strict=strict,
            on_change=on_change,
        )  # fmt: skip
        self._batches: AsyncGenerator[list[ServerSentEvent], None] | None = None
        self._reading: ReadingTask[list[ServerSentEvent]] | None = None
        self._ready: list[ServerSentEvent] = []

    def __del__(self) -> None:
        # Left without `async with`. The constructor may have raised before.
        if (reading := self.__dict__.get("_reading")) is not None:
            reading.abandon()

    @property
    def url(self) -> str:
        """Where it connects, without credentials."""
        return self._reader.request.shown_url

    @property
    def ready_state(self) -> ReadyState:
        """`connecting`, `open` or `closed`."""
        return self._reader.ready_state

    @property
    def last_event_id(self) -> str:
        """Where a reconnect resumes: the standard's last event id."""
        return self._reader.last_event_id

    @property
    def end_reason(self) -> str:
        """How it ended; empty before."""
        return self._reader.end_reason

    @property
    def bytes_received(self) -> int:
        """Bytes of the stream so far, after content decoding."""
        return self._reader.bytes_received

    @property
    def reconnects(self) -> int:
        """How often a connection was made again after one had been open."""
        return self._reader.reconnects

    def secrets(self) -> list[str]:
        """The credentials of the request: values that must not be shown or written."""
        return self._reader.secrets

    def __repr__(self) -> str:
        method = self._reader.request.method
        return f"<EventSource {method} {self.url} {self.ready_state}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerSentEvent:
        while not self._ready:
            if self._reading is None:
                self._reading = ReadingTask(self.batches())
            events = await self._reading.next()
            if events is None:
                if self._reader.broken:
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
        self._reader.stop_reconnecting()

    async def aclose(self) -> None:
        """Close the connection. Harmless when it is closed already, and from another
        task of the same loop, whose iteration then ends."""
        batches = self._batches
        self._ready = []
        if batches is not None:
            if batches.ag_running:  # type: ignore[attr-defined]
                await self._reader.interrupt()
            elif self._reading is not None:
                await self._reading.aclose()
            else:
                await batches.aclose()
        self._reader.close("closed here")

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
        self._batches = self._reader.read()
        return self._batches
