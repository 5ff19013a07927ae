"""A source that is recorded while it is followed."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from ..errors import NbstreamError
from ..recordings.format import End, Event, end_line, event_line, header_line
from ..recordings.split_secrets import redact_split_secrets
from ..recordings.writer import RecordingStopped, RecordingWriter, begin_recording
from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.thread import Leftover
from ..sse.redaction import redact_data, redactor_of
from ..text.paths import shorten_paths
from ..text.sentences import join_sentences
from .base import Source, find_leftover

# Events of one batch, between which other streams have their turn.
_MAX_BATCH = 500

OnChange = Callable[[ConnectionChange], None]


class RecordedSource:
    """Passes another source's events on, and writes each to a file first.

    A failure of the file ends the recording, with a notice in the stream, and never the
    stream. See `RecordingWriter` for which files are written.

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
        self._end_announced = False
        self.label = source.label

    @property
    def bytes_received(self) -> int:
        return self._source.bytes_received

    @property
    def leftover(self) -> Leftover | None:
        return find_leftover(self._source)

    def secrets(self) -> list[str]:
        return self._source.secrets()

    def stop_reconnecting(self) -> None:
        self._end_announced = True
        self._source.stop_reconnecting()

    async def batches(
        self, on_change: OnChange
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        began = time.monotonic()
        writer = await begin_recording(self._path)
        file: RecordingWriter | None = writer

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
                        for start in range(0, len(events), _MAX_BATCH):
                            piece = events[start : start + _MAX_BATCH]
                            write(*(event_line(self._recorded(t, e)) for e in piece))
                            yield piece
            except Exception as error:
                # As the stream will show it; our own errors need no class name.
                kind = "" if isinstance(error, NbstreamError) else type(error).__name__
                message = ": ".join(filter(None, (kind, str(error))))
                end = End(now(), "failed", self._redact(shorten_paths(message)))
                raise
            except BaseException:
                end = None if self._end_announced else End(now(), "cancelled")
                raise
            finally:
                write(end_line(end or End(now(), "finished")))
        finally:
            writer.close()
            await self._check(writer, on_change)

    async def _check(self, writer: RecordingWriter, on_change: OnChange) -> None:
        """Remove the secrets that no single event held, now that all are written."""
        try:
            await redact_split_secrets(writer.place, writer.status, self.secrets())
        except FileNotFoundError:
            pass  # it was removed, as the notice of its end says
        except OSError as error:
            note = join_sentences(
                f"The recording {self._path.name} could not be checked for credentials "
                f"that came in pieces: {error.strerror or error}",
                "Do not share it.",
            )
            on_change(ConnectionChange("open", note=note))

    def _notice(self, why: str) -> str:
        return join_sentences(
            f"The recording to {self._path.name} has stopped after event "
            f"{self._events:,}: {why}",
            "The stream itself goes on.",
        )

    def _recorded(self, t: float, event: ServerSentEvent) -> Event:
        redact = self._redact
        clean = event._replace(
            event=redactor_of(self.secrets()).of_names.text(event.event),
            data=redact(event.data),
            id=redact(event.id),
        )
        return Event(t, clean)

    def _redact(self, text: str) -> str:
        return redact_data(text, self.secrets())
