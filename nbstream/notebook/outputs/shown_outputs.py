"""The outputs of a kernel that pages may still ask about."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...streams.handle import Stream
from .output import Output, StreamOutput, TableOutput


class ShownOutputs:
    """The outputs that pages may still ask about. Cells may run in several threads.

    Args:
        remembered: how many tables are kept, and how many outputs of one stream. An
            output is closed with the last of its streams.
    """

    def __init__(self, remembered: int) -> None:
        self._lock = threading.Lock()
        self._remembered = remembered
        self._of: dict[Stream, list[StreamOutput]] = {}
        self._tables: list[TableOutput] = []

    def add(self, output: StreamOutput, streams: Sequence[Stream]) -> None:
        """Keep the output of these streams until all of them are forgotten. The oldest
        of very many freezes as it is."""
        old: dict[StreamOutput, None] = {}
        with self._lock:
            for stream in streams:
                outputs = self._of.setdefault(stream, [])
                outputs.append(output)
                old |= dict.fromkeys(outputs[: -self._remembered])
                del outputs[: -self._remembered]
        for dropped in old:
            dropped.leave()
            dropped.close()

    def add_table(self, output: TableOutput) -> None:
        """Keep a table, and close the oldest of very many."""
        with self._lock:
            self._tables.append(output)
            old = self._tables[: -self._remembered]
            del self._tables[: -self._remembered]
        for dropped in old:
            dropped.close()

    def forget(self, stream: Stream) -> None:
        """Close the outputs of a stream, but not those that show another one too."""
        with self._lock:
            outputs = self._of.pop(stream, [])
            kept = {output for others in self._of.values() for output in others}
        for output in outputs:
            if output not in kept:
                output.close()

    @property
    def of_streams(self) -> list[StreamOutput]:
        """Every output of streams, each once."""
        with self._lock:
            return list(dict.fromkeys(o for some in self._of.values() for o in some))

    @property
    def live(self) -> list[Output]:
        """Those that are not frozen yet."""
        return [output for output in self._all if not output.final]

    def close(self) -> None:
        """Close all."""
        outputs = self._all
        with self._lock:
            self._of, self._tables = {}, []
        for output in outputs:
            output.close()

    @property
    def _all(self) -> list[Output]:
        return [*self.of_streams, *self._tables]
