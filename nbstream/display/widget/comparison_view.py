"""Several streams in one panel of a page, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from .ipykernel_comm import Message
from .panel import MakeOutput, Panel
from .runtime import Runtime
from .stream_view import StreamView


class ComparisonView:
    """One panel that draws those of several streams beside each other.

    Each stream keeps a panel and a view of its own. This panel only names them, and
    freezes into one ordinary output in the place of all.

    Args:
        views: the views of the streams, in the order of the columns.
        runtime: the kernel's runtime.
    """

    def __init__(self, views: Sequence[StreamView], runtime: Runtime) -> None:
        self._views = tuple(views)
        self.panel = Panel(
            runtime,
            view="comparison",
            title="Side by side",
            receive=self._receive,
            columns=[view.panel for view in views],
        )

    def freeze(self, make: MakeOutput) -> None:
        """Put ordinary output in the panel's place."""
        self.panel.freeze(make)

    def close(self) -> None:
        """Close the panels, also in pages."""
        for view in self._views:
            view.close()
        self.panel.close()

    def _receive(self, message: Message) -> None:
        if message.get("type") == "sync":
            self.panel.send_frozen()
