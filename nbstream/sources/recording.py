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
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ..errors import NbstreamError, RecordingInvalid, RecordingUnavailable, StreamFailed
from ..recordings.cut_secrets import take_out_cut_secrets
from ..shown_paths import shown_path, without_machine
from ..sse import ConnectionChange, ServerSentEvent
from ..sse.client.redaction import redacted, redactor_of
from .base import Source

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
        RecordingUnavailable: from `batches`, if the file cannot be written.
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

    def stop_reconnecting(self) -> None:
        self._source.stop_reconnecting()

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            file = self._opened()
            stack.push_async_callback(self._check)
            stack.enter_context(file)
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
                self._write(
                    file, {"t": t, "failed": self._redacted(without_machine(told))}
                )
                raise

    async def _check(self) -> None:
        """Take out what no single event held, now that all of them are written."""
        try:
            await take_out_cut_secrets(self._path, self.secrets())
        except OSError as error:
            raise RecordingUnavailable(str(self._path), error) from None

    def _opened(self) -> IO[str]:
        try:
            if self._path.exists():
                self._path.replace(self._path.with_name(f"{self._path.name}~"))
            return self._path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise RecordingUnavailable(str(self._path), error) from None

    def _write(self, file: IO[str], *lines: dict[str, Any]) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.write(text.encode("utf-8", "replace").decode("utf-8"))
        file.flush()

    def _line(self, t: float, event: ServerSentEvent) -> dict[str, Any]:
        line: dict[str, Any] = {"t": t}
        if event.event != "message":
            line["event"] = redactor_of(self.secrets()).of_names.text(event.event)
        line["data"] = self._redacted(event.data)
        if event.id:
            line["id"] = self._redacted(event.id)
        if event.retry is not None:
            line["retry"] = event.retry
        return line

    def _redacted(self, text: str) -> str:
        return redacted(text, self.secrets())


class ReplaySource:
    """Plays a recording back.

    Args:
        path: the recording.
        speed: how many times as fast as it came; `math.inf` is without any pause.

    Raises:
        RecordingUnavailable: from `batches`, if the file cannot be read.
        RecordingInvalid: from `batches`, at the line that is none of a recording. A
            last line that was cut off, as by a killed kernel, is passed over.
    """

    def __init__(self, path: str | os.PathLike[str], *, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"Expected a speed above 0, or instant; got {speed:g}.")
        self._path = Path(path).expanduser()
        self._speed = speed
        self.label = f"replay:{shown_path(path)}"
        self.bytes_received = 0

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # a file has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        try:
            opened = self._path.open(encoding="utf-8", newline="\n")
        except OSError as error:
            raise RecordingUnavailable(str(self._path), error) from None
        with opened as file:
            on_change(ConnectionChange("open"))
            began = time.monotonic()
            batch: list[ServerSentEvent] = []
            for number, line in enumerate(file, 1):
                try:
                    message = self._message(number, line)
                except RecordingInvalid:
                    if batch:
                        yield batch
                    raise
                if message is None or number == 1:
                    continue
                due = began + message["t"] / self._speed
                if batch and (due > time.monotonic() or len(batch) >= _AT_ONCE):
                    yield batch
                    batch = []
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                if "failed" in message:
                    if batch:
                        yield batch
                    raise StreamFailed(message["failed"])
                self.bytes_received += len(message["data"])
                batch.append(_event(message))
            if batch:
                yield batch

    def _message(self, number: int, line: str) -> dict[str, Any] | None:
        try:
            message = json.loads(line)
        except ValueError:
            if not line.endswith("\n"):
                return None  # cut off in the middle
            message = None
        if number == 1:
            valid = isinstance(message, dict) and message.get("nbstream") == _VERSION
        else:
            valid = (
                isinstance(message, dict)
                and isinstance(message.get("t"), int | float)
                and isinstance(message.get("failed", message.get("data")), str)
            )
        if not valid:
            raise RecordingInvalid(str(self._path), number, line)
        found: dict[str, Any] = message
        return found


def _event(message: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(
        event=message.get("event", "message"),
        data=message["data"],
        id=message.get("id", ""),
        retry=message.get("retry"),
    )
