"""What a Stream asks of where its events come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.thread import Leftover


class Source(Protocol):
    """Where events come from. It owns its connection and the reconnecting."""

    @property
    def label(self) -> str:
        """What to call it in a panel; never holds a secret."""

    @property
    def bytes_received(self) -> int:
        """Bytes of payload so far; for a source without bytes, of its events."""

    @property
    def leftover(self) -> Leftover | None:
        """What still runs although `batches` was closed; None for what is released at
        once."""

    def secrets(self) -> list[str]:
        """Values that must not be written anywhere, should they come back. Asked again
        at each change of the connection."""

    def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The events as they arrive together. Closing the generator, or cancelling
        the task that iterates it, releases everything that it holds; but see
        `leftover`."""

    def stop_reconnecting(self) -> None:
        """Take the end of the connection that is open, whatever it is, as the end of
        the stream: it has said that it is about to end. No more than a hint to a source
        that never reconnects."""
