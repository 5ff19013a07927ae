"""Outputs of cells: live while there is something to follow, ordinary at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from .stream import Stream
from .views import columns, snapshot


class LiveView(Protocol):
    """What keeps a panel up to date."""

    panel: Any
    """The widget."""

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Leave this in the panel's place."""

    def close(self) -> None:
        """Release the panel."""


class Output:
    """One output under a cell, whose content can be replaced.

    Args:
        data: a mime bundle: all there is to see, or what stands in for a panel.
        metadata: of the bundle.
        view: what draws a panel in its place.
    """

    def __init__(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        view: LiveView | None = None,
    ) -> None:
        from IPython.display import display

        self._view = view
        if view is not None:
            data = data | {
                "application/vnd.jupyter.widget-view+json": {
                    "version_major": 2,
                    "version_minor": 0,
                    "model_id": view.panel.model_id,
                }
            }
        handle: Any = display(  # type: ignore[no-untyped-call]
            data, metadata=metadata or {}, raw=True, display_id=True
        )
        self._handle = handle

    def settle(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put ordinary output in the place of what is there."""
        self._handle.update(data, metadata=metadata, raw=True)
        if self._view is not None:
            self._view.freeze(data, metadata)

    def close(self) -> None:
        """Release what a page could still ask of it."""
        if self._view is not None:
            self._view.close()
            self._view = None


class StreamOutput:
    """A stream under a cell, or several side by side: it settles when all have
    ended."""

    def __init__(self, streams: Sequence[Stream], view: LiveView | None) -> None:
        self._streams = tuple(streams)
        self._open = set(self._streams)
        self._stops: list[Callable[[], None]] = []
        self.final = all(stream.has_ended for stream in self._streams)
        self.late = False
        """Whether it has settled since it was first shown."""
        if self.final:
            self._output = Output(*_bundle(self._streams))
            return
        self._output = Output(columns.placeholder(self._streams), view=view)
        for stream in self._streams:
            stop = stream.at_end(partial(self._ended, stream))
            if stop is None:
                self._ended(stream)
            else:
                self._stops.append(stop)

    def settle(self) -> None:
        """Put the snapshot in the place of what is there."""
        self._output.settle(*_bundle(self._streams))

    def close(self) -> None:
        """Release what a page could still ask of it."""
        self._stop()
        self._output.close()

    def _ended(self, stream: Stream) -> None:
        self._open.discard(stream)
        if not self._open and not self.final:
            self.final = self.late = True
            self.settle()

    def _stop(self) -> None:
        for stop in self._stops:
            stop()


def _bundle(streams: Sequence[Stream]) -> tuple[dict[str, Any], dict[str, Any]]:
    return snapshot.bundle(streams[0]) if len(streams) == 1 else columns.bundle(streams)
