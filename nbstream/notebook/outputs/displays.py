"""Displays that can be replaced: by their display id, or by clearing the cell."""

from __future__ import annotations

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


class DisplayedAlone:
    """A display that is replaced by clearing the outputs of its cell while that runs,
    for servers that add an output for each display update.

    Args:
        data: the mime bundle.
        metadata: of the bundle.
    """

    def __init__(self, data: Bundle, metadata: Bundle | None = None) -> None:
        self._request = _current_id()
        _display(data, metadata or {})

    def replace(self, data: Bundle, metadata: Bundle) -> None:
        """Display this in its place; does nothing in another cell."""
        from IPython.display import clear_output

        if _current_id() == self._request:
            clear_output(wait=True)  # type: ignore[no-untyped-call]
            _display(data, metadata)


def _display(data: Bundle, metadata: Bundle) -> None:
    from IPython.display import display

    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def _current_id() -> str | None:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    header = {} if shell is None else current_request(shell).get("header", {})
    found = header.get("msg_id")
    return found if isinstance(found, str) else None
