"""A stream that is recorded, and a recording as a stream."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from ..errors import NbstreamError, RecordingInvalid, RecordingUnavailable, StreamFailed
from ..recordings.format import End, Event, end_line, event_line, header_line
from ..recordings.reader import RecordingReader
from ..recordings.split_secrets import redact_split_secrets
from ..recordings.writer import RecordingStopped, RecordingWriter, begin_recording
from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.thread import Leftover
from ..sse.redaction import redact_data, redactor_of
from ..text.paths import shown_path, without_machine
from ..text.visible import whole
from .base import Source

_AT_ONCE = 500

OnChange = Callable[[ConnectionChange], None]


class RecordedSource:
    """Passes another source's events on, and writes each to a file first.

    What goes wrong with the file ends the recording, with a notice in the stream, and
    never the stream. See `RecordingWriter` for which files are written.

    Args:
        source: what to follow.
        path: the file to write.

    Raises:
        RecordingUnavailable: from `batches`, if the file cannot be recorded to.
    """

    def __init__(self, source: Source, path: str | os.PathLike[str]) -> None:
        self._source = source
        self._path = Path(path).expanduser()
        self._events = 0
        self._end_said = False
        self.label = source.label

    @property
    def bytes_received(self) -> int:
        return self._source.bytes_received

    @property
    def leftover(self) -> Leftover | None:
        return self._source.leftover

    def secrets(self) -> list[str]:
        return self._source.secrets()

    def stop_reconnecting(self) -> None:
        self._end_said = True
        self._source.stop_reconnecting()

    async def batches(
        self, on_change: OnChange
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        began = time.monotonic()
        opened = await begin_recording(self._path)
        file: RecordingWriter | None = opened

        def now() -> float:
            return round(time.monotonic() - began, 6)

        def write(*lines: bytes) -> None:
            nonlocal file
            if file is None:
                return
            try:
                file.write([*lines])
                self._events += len(lines)
            except RecordingStopped as stopped:
                self._events += stopped.lines
                file.close()
                file = None
                on_change(ConnectionChange("open", note=self._notice(stopped.why)))

        try:
            write(header_line(self.label, datetime.now(UTC)))
            self._events = 0
            end: End | None = None
            try:
                async with aclosing(self._source.batches(on_change)) as batches:
                    async for events in batches:
                        t = now()
                        # In pieces, between which whoever reads can let others run.
                        for start in range(0, len(events), _AT_ONCE):
                            piece = events[start : start + _AT_ONCE]
                            write(*(event_line(self._recorded(t, e)) for e in piece))
                            yield piece
            except Exception as error:
                # As the stream will show it; its own errors name themselves.
                kind = "" if isinstance(error, NbstreamError) else type(error).__name__
                told = ": ".join(filter(None, (kind, str(error))))
                end = End(now(), "failed", self._redacted(without_machine(told)))
                raise
            except BaseException:
                end = None if self._end_said else End(now(), "cancelled")
                raise
            finally:
                write(end_line(end or End(now(), "finished")))
        finally:
            opened.close()
            await self._check(opened, on_change)

    async def _check(self, writer: RecordingWriter, on_change: OnChange) -> None:
        """Take out the secrets that no single event held, now that all are written."""
        try:
            await redact_split_secrets(writer.place, writer.status, self.secrets())
        except FileNotFoundError:
            pass  # it was removed, as the notice of its end says
        except OSError as error:
            note = (
                f"The recording {self._path.name} could not be checked for credentials "
                f"that came in pieces: {error.strerror or error}. Do not share it."
            )
            on_change(ConnectionChange("open", note=note))

    def _notice(self, why: str) -> str:
        return (
            f"The recording to {self._path.name} has stopped after event "
            f"{self._events:,}: {why}. The stream itself goes on."
        )

    def _recorded(self, t: float, event: ServerSentEvent) -> Event:
        redacted = self._redacted
        clean = event._replace(
            event=redactor_of(self.secrets()).of_names.text(event.event),
            data=redacted(event.data),
            id=redacted(event.id),
        )
        return Event(t, clean)

    def _redacted(self, text: str) -> str:
        return redact_data(text, self.secrets())


class ReplaySource:
    """Plays a recording back.

    Where it was cut off, as by a killed kernel or a full disk, or the stream was
    cancelled, the stream says so.

    Args:
        path: the recording.
        speed: how many times as fast as it came; `math.inf` is without any pause.

    Raises:
        RecordingUnavailable: from `batches`, if the file cannot be read.
        RecordingInvalid: from `batches`, at the first line that is not one of a
            recording; what comes before it is played.
        StreamFailed: from `batches`, at the end of a stream that failed.
    """

    def __init__(self, path: str | os.PathLike[str], *, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"Expected a speed above 0, or instant; got {speed:g}.")
        self._path = Path(path).expanduser()
        self._speed = speed
        self.label = f"replay:{shown_path(path)}"
        self.bytes_received = 0

    @property
    def leftover(self) -> None:
        return None

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # a file has one end

    async def batches(
        self, on_change: OnChange
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        recording = RecordingReader(self._path)
        began = time.monotonic()
        batch: list[ServerSentEvent] = []
        end: End | None = None
        failure: NbstreamError | None = None
        on_change(ConnectionChange("open"))
        async with aclosing(aiter(recording)) as lines:
            while True:
                try:
                    line = await anext(lines, None)
                except (RecordingInvalid, RecordingUnavailable) as error:
                    failure = error
                    break
                if line is None:
                    break
                due = began + line.t / self._speed
                if batch and (due > time.monotonic() or len(batch) >= _AT_ONCE):
                    yield batch
                    batch = []
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                if isinstance(line, End):
                    end = line
                    break
                self.bytes_received += len(line.event.data)
                batch.append(line.event)
        if batch:
            yield batch
        if failure is not None:
            raise failure
        if end is not None and end.how == "failed":
            raise StreamFailed(whole(end.message))
        if end is None:
            note = f"The recording ends in the middle: {recording.cut}."
            on_change(ConnectionChange("open", note=note))
        elif end.how == "cancelled":
            note = "The stream was cancelled here when it was recorded."
            on_change(ConnectionChange("open", note=note))
