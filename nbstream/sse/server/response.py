"""The server's half of the wire: an ASGI response that streams events."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Mapping,
    MutableMapping,
)
from typing import Any

import anyio

from ..encoder import encode, encode_comment
from ..event import ServerSentEvent

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    # no-transform keeps a proxy from compressing, which would hold events back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",  # nginx otherwise collects a buffer full first
}


class EventStreamResponse:
    """An ASGI application that answers one request with a stream of events.

    It sends a comment whenever `heartbeat` seconds passed without an event, so that
    proxies keep the connection and readers can tell silence from loss; and it stops,
    closing `events`, as soon as the client leaves.

    Args:
        events: what to send. An async generator is closed when the response ends.
        heartbeat: seconds between comments in a silence; default 15.
        headers: more headers, or others in place of ours.
    """

    def __init__(
        self,
        events: AsyncIterable[ServerSentEvent],
        *,
        heartbeat: float = 15.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._events = events
        self._heartbeat = heartbeat
        self._headers = {
            **HEADERS,
            **{name.lower(): value for name, value in (headers or {}).items()},
        }

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

        async def keep_awake() -> None:
            while True:
                await anyio.sleep_until(last_sent + self._heartbeat)
                if anyio.current_time() >= last_sent + self._heartbeat:
                    await send_body(encode_comment("heartbeat"))

        async def stop_when_client_leaves() -> None:
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
        # The headers go out with the first body; a reader waits for them.
        await send_body(encode_comment("connected"))
        async with anyio.create_task_group() as group:
            group.start_soon(stop_when_client_leaves)
            group.start_soon(keep_awake)
            await self._send_events(send_body)
            group.cancel_scope.cancel()

    async def _send_events(self, send_body: Callable[..., Awaitable[None]]) -> None:
        events = aiter(self._events)
        try:
            async for event in events:
                await send_body(encode(event))
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()
        await send_body(b"", more=False)
