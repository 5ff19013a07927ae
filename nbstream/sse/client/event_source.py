"""EventSource: the handle of one event stream. `reader` reads it.

The docstring of the package lists where it departs from WHATWG HTML 9.2.
"""

from __future__ import annotations

import json as json_module
import math
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Self

from ...errors import StreamClosed
from ..event import ServerSentEvent
from ..framing import DEFAULT_MAX_EVENT_SIZE
from ..redaction.credentials import url_secrets
from .connection_state import ConnectionChange, ReadyState
from .generator_task import GeneratorTask
from .liveness.buffering_hint import BufferingHint
from .liveness.idle_timeout import Watchdog
from .reader import Reader
from .requests.client_options import ClientOptions
from .requests.header_provider import HeaderProvider, HeadersArgument
from .requests.request import build_request
from .retry.backoff import Backoff
from .retry.policy import RetryPolicy

_IDLE_TIMEOUT = 45.0
# A request that cannot be repeated is worth waiting for: some models think for minutes.
_IDLE_TIMEOUT_UNREPEATABLE = 600.0
# Most servers respond sooner.
_HINT_AFTER = 10.0


class EventSource:
    """Reads an event stream, reconnects and resumes; an async iterator of events.

        async with EventSource("https://host/events") as source:
            async for event in source:
                ...

    A connection that breaks is made again. After a connection whose body is complete
    (a clean end):

    - the stream has ended, if it had events and no connection so far carried an `id:`
      or `retry:`; without any event, that is an error;
    - otherwise it connects again, after the server's `retry:` or else 3 s. If that
      response repeats an id, or three in a row hold no event, the server does not
      resume: the stream has ended, and repeated events are dropped;
    - for a POST, and any other request that is not safe to repeat, the stream has
      ended, with or without ids;
    - with `follow` or `strict` it always connects again.

    Responses: 204 and 205 end the stream. Any other 2xx is read if its media type is
    supported (`responses.format_selection`); with `strict`, only 200 and
    text/event-stream. The text is UTF-8, whatever the charset parameter (WHATWG HTML
    9.2.6). A redirect (301, 302, 303, 307, 308) is followed for that one request: a
    reconnect uses the URL given here again, even after a permanent redirect.

    Args:
        url: an http or https URL.
        method: default GET, or POST if there is content.
        headers: more headers: a mapping, which is not changed, or a callable, plain or
            async, that returns one. It is called before each request, in the event
            loop, so that credentials that expire are fresh; and once more if a
            reconnect is answered 401. A `Last-Event-ID` among them is where the stream
            starts, as `last_event_id` is; the ids received later replace it.
        content: the request's body, str or bytes. An iterator is refused with a
            TypeError: it could not be sent again.
        json: the request's body, as a value to be sent as JSON.
        client: an `httpx.AsyncClient`, or anything with its `stream()`. It is not
            closed. By default one is made and closed.
        verify: for that default client: False trusts any certificate, and an
            `ssl.SSLContext` its own. By default those that `SSL_CERT_FILE`,
            `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names, else those of httpx.
        proxy: for that default client: a proxy's URL; by default the environment's.
        last_event_id: where to resume from.
        retries: how many tries in a row may fail. By default 2 before the first
            success and 20 after it. A number given here also allows a request that
            is not safe to repeat to be sent again after a failure; and it is the most
            requests that are made after clean ends, in all.
        follow: connect again after every clean end of a GET, as browsers do.
        backoff: the delays between tries.
        idle_timeout: seconds without a byte after which a connection is given up;
            comments count as bytes. Default 45, or 600 for a request that cannot be
            repeated. `math.inf` waits for ever.
        hint_after: seconds without a response, or without a byte of its body, after
            which `on_change` is called with a reason that names a buffering proxy as
            the likely cause. It still waits. Default 10; `math.inf` for no hint.
        max_event_size: the most characters in one event; default 16 Mi.
        strict: fail, and connect again after clean ends, as browsers do.
        secrets: more values to redact than those in URL, headers and body, each of at
            least 4 characters.
        advice: what the user can do about a refusal, by HTTP status.
        on_change: called once with each change of state, and with explanations of the
            state: "open" with a reason is a connection that brings nothing, and "open"
            again without one is its first byte.
        label: the name to show; by default the URL without credentials.

    Raises (while iterating):
        ConnectionFailed: for a refusal that is final, a stream without an event, or a
            callable for headers that raised.
        ConnectionLost: if all tries failed, or a request that may not be repeated was
            interrupted.
        EventTooLarge: if an event passes `max_event_size`.
        StreamClosed: after `aclose`, or after an earlier iteration failed.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str | None = None,
        headers: HeadersArgument | None = None,
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
        label: str | None = None,
    ) -> None:
        defaults = {}
        if json is not None:
            if content is not None:
                raise TypeError("Expected content or json, got both.")
            content = json_module.dumps(json)
            defaults["Content-Type"] = "application/json"
        provider = HeaderProvider(headers, defaults)
        if proxy is not None:
            secrets = [*secrets, *url_secrets(proxy)]
        request = build_request(url, method, content, secrets=secrets, advice=advice)
        request = request.with_headers(provider.merge_static())
        policy = RetryPolicy(
            request.method, request.safe, retries, backoff, follow=follow, strict=strict
        )
        if idle_timeout is None:
            idle_timeout = (
                _IDLE_TIMEOUT if policy.may_repeat else _IDLE_TIMEOUT_UNREPEATABLE
            )
        self._idle_timeout = idle_timeout
        self._hint_after = hint_after
        # The reader has no reference to this object, so that an EventSource which is
        # dropped in the middle of a loop is collected and closed.
        self._reader = Reader(
            request,
            provider,
            policy,
            Watchdog(None if idle_timeout == math.inf else idle_timeout),
            BufferingHint(None if hint_after == math.inf else hint_after),
            client or ClientOptions(verify, proxy),
            last_event_id=last_event_id or provider.start_id,
            max_event_size=max_event_size,
            strict=strict,
            on_change=on_change,
        )  # fmt: skip
        self.label = label or self.url
        """The name to show; never holds a secret."""
        self._batches: AsyncGenerator[list[ServerSentEvent], None] | None = None
        self._task: GeneratorTask[list[ServerSentEvent]] | None = None
        self._ready: list[ServerSentEvent] = []

    def __del__(self) -> None:
        # Left without `async with`. The constructor may have raised before.
        if (reading := self.__dict__.get("_task")) is not None:
            reading.abandon()

    @property
    def url(self) -> str:
        """The URL, without credentials."""
        return self._reader.request.display_url

    @property
    def ready_state(self) -> ReadyState:
        """`connecting`, `open` or `closed`."""
        return self._reader.ready_state

    @property
    def last_event_id(self) -> str:
        """The id to resume from: the last event id of the standard."""
        return self._reader.last_event_id

    @property
    def end_reason(self) -> str:
        """Why it is closed; empty before."""
        return self._reader.end_reason

    @property
    def bytes_received(self) -> int:
        """Bytes of the stream so far, after content decoding."""
        return self._reader.bytes_received

    @property
    def reconnects(self) -> int:
        """How many connections were opened after the first."""
        return self._reader.reconnects

    @property
    def idle_timeout(self) -> float:
        """Seconds without a byte after which a connection is given up; `math.inf` for
        never."""
        return self._idle_timeout

    @property
    def hint_after(self) -> float:
        """Seconds without a byte after which a likely cause is reported; `math.inf` for
        never."""
        return self._hint_after

    def secrets(self) -> list[str]:
        """Return the credentials of the request: the values to redact."""
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
            if self._task is None:
                self._task = GeneratorTask(self.batches())
            events = await self._task.next()
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
        """Take the end of the current connection, clean or not, as the end of the
        stream. Call it after an end marker, such as `[DONE]`."""
        self._reader.stop_reconnecting()

    async def aclose(self) -> None:
        """Close the connection; do nothing if it is closed. Another task of the same
        loop may call it, and the iteration then ends."""
        batches = self._batches
        self._ready = []
        if batches is not None:
            if batches.ag_running:  # type: ignore[attr-defined]
                await self._reader.interrupt()
            elif self._task is not None:
                await self._task.aclose()
            else:
                await batches.aclose()
        self._reader.close("closed here")

    def batches(
        self, on_change: Callable[[ConnectionChange], None] | None = None
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        """Return a generator of the events that arrive together, one list for each
        read: cheaper than one by one if a stream is fast. Use it instead of iterating.

        Args:
            on_change: called as the constructor's `on_change` is, and after it.

        Raises:
            StreamClosed: if it is closed, or is being read.
        """
        if self.ready_state == "closed":
            raise StreamClosed("This EventSource is closed; make a new one.")
        if self._batches is not None:
            raise StreamClosed("This EventSource is being read; make another one.")
        if on_change is not None:
            self._reader.callbacks.append(on_change)
        self._batches = self._reader.read()
        return self._batches
