"""Several streams in one panel of a page, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .runtime import Panel, Runtime
from .stream_view import WidgetView


class ColumnsView:
    """One panel that draws those of several streams beside each other.

    Each stream has a panel of its own, which follows it as ever; this one only says
    which they are, and leaves one ordinary output in the place of all.

    Args:
        views: what follows the streams, in the order of the columns.
        runtime: the kernel's runtime.
    """

    def __init__(self, views: Sequence[WidgetView], runtime: Runtime) -> None:
        self._views = tuple(views)
        self._runtime = runtime
        self.panel = Panel(
            runtime,
            view="columns",
            title="Side by side",
            columns=[view.panel for view in views],
        )
        runtime.connect(self.panel, self)

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Leave this in the panel's place."""
        self.panel.freeze(data, metadata)

    def close(self) -> None:
        """Release the panels; their drawings in pages go."""
        for view in self._views:
            view.close()
        self._runtime.disconnect(self.panel)
        self.panel.close()

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the page; on any thread."""
        if message.get("type") == "sync":
            self.panel.tell_frozen()
