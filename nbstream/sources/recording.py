"""Recordings: a stream kept in a file as it came, and played back from it.

A recording is JSON lines. The first tells what was followed and when, each other one
event with the seconds since the start, and the last how the stream failed, if it did:

    {"nbstream": 1, "source": "https://host/x", "started": "2026-11-22T13:00:00+00:00"}
    {"t": 0.213, "data": "…"}
    {"t": 0.254, "event": "progress", "data": "…", "id": "7", "retry": 3000}
    {"t": 9.001, "failed": "…"}
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ..errors import NbstreamError, RecordingInvalid, StreamFailed
from ..sse import ConnectionChange, ServerSentEvent
from .source import Source

_VERSION = 1
_AT_ONCE = 500


class RecordedSource:
    """Passes another source's events on, and writes each to a file first.

    Each read is handed to the operating system at once, so a kernel that is killed
    loses nothing that was shown. An older recording of the same name is kept as
    `FILE~`.

    Args:
        source: what to follow.
        path: the file to write.

    Raises:
        OSError: from `batches`, if the file cannot be written.
    """

    def __init__(self, source: Source, path: str | os.PathLike[str]) -> None:
        self._source = source
        self._path = Path(path).expanduser()
        self.label = source.label

    @property
    def bytes_received(self) -> int:
        return self._source.bytes_received

    def secrets(self) -> list[str]:
        return self._source.secrets()

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        if self._path.exists():
            self._path.replace(self._path.with_name(f"{self._path.name}~"))
        began = time.monotonic()
        with self._path.open("w", encoding="utf-8", newline="\n") as file:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._write(
                file, {"nbstream": _VERSION, "source": self.label, "started": now}
            )
            try:
                async with aclosing(self._source.batches(on_change)) as batches:
                    async for events in batches:
                        t = round(time.monotonic() - began, 6)
                        self._write(file, *(self._line(t, event) for event in events))
                        yield events
            except Exception as error:
                # As the stream will show it; its own errors name themselves.
                kind = "" if isinstance(error, NbstreamError) else type(error).__name__
                told = ": ".join(filter(None, (kind, str(error))))
                t = round(time.monotonic() - began, 6)
                self._write(file, {"t": t, "failed": self._redacted(told)})
                raise

    def _write(self, file: IO[str], *lines: dict[str, Any]) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.write(text.encode("utf-8", "replace").decode("utf-8"))
        file.flush()

    def _event(message: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(
        message.get("event", "message"),
        message["data"],
        message.get("id", ""),
        message.get("retry"),
    )
