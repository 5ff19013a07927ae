"""A recording as a stream."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from ..errors import NbstreamError, RecordingInvalid, RecordingUnavailable, StreamFailed
from ..recordings.format import End
from ..recordings.reader import RecordingReader
from ..sse import ConnectionChange, ServerSentEvent
from ..text.invisible_characters import join_surrogates
from ..text.paths import shorten_path
from ..text.sentences import end_sentence
from .base import SourceOptions

# Events of one batch, between which other streams have their turn.
_MAX_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions(SourceOptions):
    """How to play a recording.

    Raises:
        ValueError: if the speed is not above 0.
    """

    speed: float = 1.0
    """How many times as fast as recorded; `math.inf` is without any pause."""

    def __post_init__(self) -> None:
        """Check the speed."""
        if not self.speed > 0:
            raise ValueError(
                f"Expected a speed above 0, or instant; got {self.speed:g}."
            )


def open_replay(
    address: str, options: ReplayOptions, label: str | None = None
) -> ReplaySource:
    """Return the source of `replay:FILE`."""
    return ReplaySource(address.partition(":")[2], options, label=label)


class ReplaySource:
    """Plays a recording.

    A recording that was cut off, as by a killed kernel or a full disk, or whose stream
    was cancelled, ends with a notice.

    Args:
        path: the recording.
        options: how to play it.
        label: the name to show; by default `replay:` and the file.

    Raises:
        RecordingUnavailable: from `batches`, if the file cannot be read.
        RecordingInvalid: from `batches`, at the first line that is not one of a
            recording; what comes before it is played.
        StreamFailed: from `batches`, at the end of a stream that failed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: ReplayOptions | None = None,
        *,
        label: str | None = None,
    ) -> None:
        self._path = Path(path).expanduser()
        self._speed = (options or ReplayOptions()).speed
        self.label = label or f"replay:{shorten_path(path)}"
        self.bytes_received = 0

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # a file has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
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
                if batch and (due > time.monotonic() or len(batch) >= _MAX_BATCH):
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
            raise StreamFailed(join_surrogates(end.message))
        if end is None:
            note = end_sentence(f"The recording ends in the middle: {recording.cut}")
            on_change(ConnectionChange("open", note=note))
        elif end.how == "cancelled":
            note = "The stream was cancelled here when it was recorded."
            on_change(ConnectionChange("open", note=note))
