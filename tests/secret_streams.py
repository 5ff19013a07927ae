"""Stream events that contain secrets, and collect everything that is left of them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

from nbstream.display import snapshot
from nbstream.sources import RecordedSource
from nbstream.sse import ConnectionChange, ServerSentEvent
from nbstream.streams.handle import Stream

SECRET = 'tr0ub4dor+/=&"\\x9 Zz'


class Echo:
    """A source of given events, with given secrets."""

    label = "echo"
    bytes_received = 0
    leftover = None

    def __init__(self, events: Sequence[ServerSentEvent], *secrets: str) -> None:
        self._events = events
        self._secrets = [*secrets]

    def secrets(self) -> list[str]:
        return self._secrets

    def stop_reconnecting(self) -> None:
        pass

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        for event in self._events:
            yield [event]


def event(value: Any) -> ServerSentEvent:
    return ServerSentEvent(data=value if isinstance(value, str) else json.dumps(value))


async def written(events: Sequence[ServerSentEvent], path: Path, *secrets: str) -> str:
    """Return everything that a stream with these secrets leaves: events, recording and
    live updates."""
    stream = Stream(RecordedSource(Echo(events, *secrets), path))
    updates = [update async for update in stream]
    bundle, metadata = snapshot.bundle(stream)
    kept = [event.data async for event in stream.events()]
    patches = [patch.payload for patch in stream.transcript.snapshot()]
    return "\n".join(
        map(
            str,
            (updates, stream.text, bundle, metadata, kept, patches, stream.tool_calls,
             *bundle.values(), *kept, path.read_text("utf-8")),
        )
    )  # fmt: skip


KEY = "tok-9f8e7d6c/5b=4a"


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
