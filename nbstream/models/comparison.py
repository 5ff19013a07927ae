"""Comparison: the answers of several models to one question, side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..content.mimebundle import bundle_side_by_side
from ..streams.event_loops import check_not_paused, run_in_new_loop
from ..streams.tracebacks import without_our_frames
from .model_stream import ModelStream

if TYPE_CHECKING:
    from pandas import DataFrame


class Comparison:
    """The answers of several models to one question, each a stream of its own.

    Args:
        streams: the answers, in the order of their columns.
    """

    _display_: ClassVar[Callable[[Any], Any]]
    """Shows them in marimo; see `notebook.marimo`, which sets it."""

    def __init__(self, streams: Sequence[ModelStream]) -> None:
        self.streams = tuple(streams)

    def __len__(self) -> int:
        return len(self.streams)

    def __iter__(self) -> Iterator[ModelStream]:
        return iter(self.streams)

    def __getitem__(self, index: int) -> ModelStream:
        return self.streams[index]

    def __repr__(self) -> str:
        return f"<Comparison {', '.join(f'{s.label} {s.state}' for s in self.streams)}>"

    @property
    def done(self) -> bool:
        """Whether all have ended."""
        return all(stream.done for stream in self.streams)

    def mimebundle(self) -> dict[str, str]:
        """Return what they leave in a notebook, side by side, as text by mime type:
        `text/plain`, `text/markdown` and `text/html`. While they run, of the content so
        far."""
        return bundle_side_by_side([(s.label, s.mimebundle) for s in self.streams])

    def cancel(self) -> None:
        """Cancel those that still run."""
        for stream in self.streams:
            stream.cancel()

    def __await__(self) -> Generator[Any, None, Self]:
        """Wait until all have ended. Unlike a single stream, this does not raise: a
        failure is one of the results."""
        return self._wait().__await__()

    @without_our_frames
    def run(self) -> Self:
        """Wait until all have ended, in an event loop of its own, as a script does that
        has none, and return it. Like awaiting it, this does not raise what made one
        fail. An interrupt cancels all.

        Raises:
            RuntimeError: if an event loop runs in this thread, where it is awaited, or
                if another one that is paused has started one of them.
        """
        for stream in self.streams:
            if not stream.done:
                check_not_paused(stream.loop, stream.name)
        return run_in_new_loop(self._wait)

    async def _wait(self) -> Self:
        for stream in self.streams:
            stream.start()
        for stream in self.streams:
            await stream.wait()
        return self

    def frame(self) -> DataFrame:
        """Return a table with one row per model: `model`, `state`, `answer`,
        `time_to_first_token` and `seconds` (both in seconds), `tokens_per_second`,
        `tokens_in`, `tokens_out`, `stop_reason`, `error`. Values that a server did not
        report are missing.

        Raises:
            ImportError: if pandas is not installed.
        """
        import pandas

        return pandas.DataFrame([_results_of(stream) for stream in self.streams])


def _results_of(stream: ModelStream) -> dict[str, Any]:
    usage, timer = stream.usage, stream.transcript.answer_timer
    tokens = usage.output_tokens if usage is not None else None
    return {
        "model": stream.label,
        "state": stream.state,
        "answer": stream.text,
        "time_to_first_token": timer.first,
        "seconds": stream.elapsed,
        "tokens_per_second": timer.tokens_per_second(tokens),
        "tokens_in": usage.input_tokens if usage is not None else None,
        "tokens_out": tokens,
        "stop_reason": stream.stop_reason,
        "error": None if stream.error is None else str(stream.error),
    }
