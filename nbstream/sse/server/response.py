"""Stream events from a server: an ASGI response."""

from __future__ import annotations

import logging
from collections.abc import (
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    MutableMapping,
)
from contextlib import aclosing
from typing import Any

import anyio

from ..encoder import encode, encode_comment
from ..event import ServerSentEvent
from ..from_python.events import DONE, to_event
from ..from_python.iteration import event_batches

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    # no-transform keeps proxies from compressing, which would delay events.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",  # nginx otherwise fills a buffer first
}

_log = logging.getLogger("nbstream")


def describe_error(error: Exception) -> str:
    """Return the type and the text of an exception, such as `ValueError: no data`."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


class EventStreamResponse:
    """Answers one request with a stream of events; an ASGI application.

        async def app(scope, receive, send):
            await EventStreamResponse(job())(scope, receive, send)

    It sends a comment after `heartbeat` seconds without an event, so that proxies keep
    the connection and readers can distinguish silence from loss. It closes `events` and
    returns as soon as the client disconnects.

    At a normal end it sends `[DONE]`, unless `events` did, so that readers do not
    connect again. An exception is logged and sent as an error event. **Its text
    reaches the client**, unless `error_message` returns another one. In both cases the
    body is complete.

    Args:
        events: an async or a plain iterable of the values that a `%%stream` cell may
            yield: text, dicts, models, DataFrames and events; see `to_event`. A plain
            one runs in a thread of its own and is closed at its next item, an async one
            is closed at once. An SDK's stream is an iterable too.
        heartbeat: seconds of silence before a comment; default 15.
        headers: more headers, which replace ours of the same name; default none.
        done: whether the end of `events` is the end of the stream; default True. False
            if readers shall connect again and resume from their last id.
        error_message: returns the text of an exception for the client; default its type
            and text.
    """

    def __init__(
        self,
        events: AsyncIterable[Any] | Iterable[Any],
        *,
        heartbeat: float = 15.0,
        headers: Mapping[str, str] | None = None,
        done: bool = True,
        error_message: Callable[[Exception], str] = describe_error,
    ) -> None:
        self._events = events
        self._heartbeat = heartbeat
        self._headers = {
            **HEADERS,
            **{name.lower(): value for name, value in (headers or {}).items()},
        }
        self._done = done
        self._error_message = error_message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = anyio.Lock()
        last_sent = anyio.current_time()

        async def send_body(body: bytes, more: bool = True) -> None:
            nonlocal last_sent
            async with sending:
                last_sent = anyio.current_time()
                await send(
                    {"type": "http.response.body", "body": body, "more_body": more}
                )

        async def send_heartbeats() -> None:
            while True:
                await anyio.sleep_until(last_sent + self._heartbeat)
                if anyio.current_time() >= last_sent + self._heartbeat:
                    await send_body(encode_comment("heartbeat"))

        async def stop_at_disconnect() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in self._headers.items()
                ],
            }
        )
        # The headers are sent with the first body, and a reader waits for them.
        await send_body(encode_comment("connected"))
        async with anyio.create_task_group() as group:
            group.start_soon(stop_at_disconnect)
            group.start_soon(send_heartbeats)
            await self._send_events(send_body)
            group.cancel_scope.cancel()

    async def _send_events(self, send_body: Callable[..., Awaitable[None]]) -> None:
        ended = not self._done
        # Report only exceptions of the iterable, and not those of sending to a client
        # that has disconnected.
        async with aclosing(event_batches(self._events, name="response")) as batches:
            while True:
                bodies: list[bytes] = []
                failure: Exception | None = None
                try:
                    events = await anext(batches, None)
                    for event in events or ():
                        bodies.append(encode(event))
                        ended = ended or _is_end(event)
                except Exception as error:
                    failure = error
                for body in bodies:
                    await send_body(body)
                if failure is not None:
                    await send_body(encode(self._error_event(failure)))
                    break
                if events is None:
                    if not ended:
                        await send_body(encode(ServerSentEvent(data=DONE)))
                    break
        await send_body(b"", more=False)

    def _error_event(self, error: Exception) -> ServerSentEvent:
        _log.error("The events of a response failed", exc_info=error)
        try:
            message = self._error_message(error)
        except Exception:
            _log.exception("The error_message of a response failed")
            message = "the stream failed"
        return to_event({"type": "error", "message": message})


def _is_end(event: ServerSentEvent) -> bool:
    if event.event == "done" or event.data.strip() == DONE:
        return True
    if '"done"' not in event.data or not event.data.startswith("{"):
        return False
    try:
        return bool(event.json().get("type") == "done")
    except (ValueError, RecursionError):
        return False
