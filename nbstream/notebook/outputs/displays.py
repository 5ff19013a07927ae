"""Displays that can be replaced: by their display id, or by clearing the cell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from ..capabilities import current_request

Bundle = dict[str, Any]


class Displayed(Protocol):
    """What is displayed under a cell."""

    def replace(self, data: Bundle, metadata: Bundle) -> None:
        """Display this in its place."""


class DisplayedById:
    """A display that is replaced by its display id, as JupyterLab and nbclient do.

    Args:
        data: the mime bundle.
        metadata: of the bundle.
    """

    def __init__(self, data: Bundle, metadata: Bundle | None = None) -> None:
        from IPython.display import display

        self._handle: Any = display(  # type: ignore[no-untyped-call]
            data, metadata=metadata or {}, raw=True, display_id=True
        )

    def replace(self, data: Bundle, metadata: Bundle) -> None:
        """Display this in its place."""
        self._handle.update(data, metadata=metadata, raw=True)


class ClearedDisplays:
    """The displays of the cell that runs, where one of them is replaced by clearing the
    outputs of the cell and displaying all of them again: for servers that add an output
    for each display update. What the cell has printed is cleared too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # streams end in threads beside the cell's
        self._request: str | None = None
        self._shown: list[_DisplayedAgain] = []

    def display(self, data: Bundle, metadata: Bundle) -> Displayed:
        """Display a mime bundle under the cell that runs."""
        with self._lock:
            if (request := _current_id()) != self._request:
                self._request, self._shown = request, []
            shown = _DisplayedAgain(self._replace, data, metadata)
            self._shown.append(shown)
            shown.display()
        return shown

    def _replace(self, shown: _DisplayedAgain, data: Bundle, metadata: Bundle) -> None:
        """Display this in its place; does nothing once its cell has ended."""
        from IPython.display import clear_output

        with self._lock:
            shown.bundle = data, metadata
            if _current_id() == self._request and shown in self._shown:
                clear_output(wait=True)  # type: ignore[no-untyped-call]
                for each in self._shown:
                    each.display()


class _DisplayedAgain:
    """One of these displays."""

    def __init__(
        self,
        replace: Callable[[_DisplayedAgain, Bundle, Bundle], None],
        data: Bundle,
        metadata: Bundle,
    ) -> None:
        self._replace = replace
        self.bundle = data, metadata
        """What is displayed, and its metadata."""

    def replace(self, data: Bundle, metadata: Bundle) -> None:
        """Display this in its place."""
        self._replace(self, data, metadata)

    def display(self) -> None:
        """Display it once more."""
        from IPython.display import display

        data, metadata = self.bundle
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def _current_id() -> str | None:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    header = {} if shell is None else current_request(shell).get("header", {})
    found = header.get("msg_id")
    return found if isinstance(found, str) else None
