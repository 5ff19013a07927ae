"""Serve event streams by a real ASGI server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from nbstream.sse import (
    EventStreamResponse,
    ServerSentEvent,
)


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve the app by uvicorn, in this loop, and yield its address."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_level="critical", ws="none"
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/"
    finally:
        server.should_exit = server.force_exit = True
        await serving


def app_of(make_events: Any, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        response = EventStreamResponse(make_events(), **options)
        await response(scope, receive, send)

    return app


async def three() -> AsyncIterator[Any]:
    for n in range(1, 4):
        yield ServerSentEvent(id=str(n), data=f"event {n}")
