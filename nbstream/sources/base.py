"""What a Stream needs of where its events come from, and what a user may set of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol, Self, runtime_checkable

from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.thread import Leftover


class Source(Protocol):
    """Where events come from. It owns its connection and reconnects by itself."""

    @property
    def label(self) -> str:
        """The name to show in a panel; never holds a secret."""

    @property
    def bytes_received(self) -> int:
        """Bytes of payload so far; for a source without bytes, of its events."""

    def secrets(self) -> list[str]:
        """Values that must not be written anywhere, should a server send them back.
        Read again at each change of the connection."""

    def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        """Yield the events that arrive together as one list. Closing the generator, or
        cancelling the task that iterates it, releases everything that it holds, except
        what `Uninterruptible` describes."""

    def stop_reconnecting(self) -> None:
        """Take the end of the open connection, whatever it is, as the end of the
        stream, which has announced its end. No more than a hint to a source that never
        reconnects."""


@runtime_checkable
class Uninterruptible(Protocol):
    """A source whose code may run on after `batches` was closed, such as a plain
    iterator in a thread."""

    @property
    def leftover(self) -> Leftover | None:
        """What still runs; None if everything is released."""


def find_leftover(source: Source) -> Leftover | None:
    """Return what still runs of a source that was closed; None if nothing does."""
    return source.leftover if isinstance(source, Uninterruptible) else None


class SourceOptions:
    """What a user may set of one kind of source: the base of a frozen dataclass.

    Each method here returns the options as they are, for a source that it does not
    concern.
    """

    __slots__ = ()

    @property
    def repeatable(self) -> bool:
        """Whether opening the source many times changes nothing, as under `%timeit`."""
        return True

    def with_secrets(self, secrets: Sequence[str]) -> Self:
        """Return the options with more values that must not be shown."""
        return self

    def with_event_size(self, characters: int) -> Self:
        """Return the options of a source whose events of this size are parsed."""
        return self
