"""The requests that a shell handles: which cell one is from, and where that is shown.

Code runs in a cell, or outside: in a widget's callback, or in a task that an earlier
cell left behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...platforms.threads import has_threads
from ..capabilities import captures_display, current_request
from ..hosts import AUTO, Host, Surroundings, detect_host
from .current_cell import is_in_cell, is_timed
from .server_marks import drop_inherited_marks, is_in_session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_OF_PAGES = frozenset({"comm_open", "comm_msg", "comm_close"})


class CellRequests:
    """Knows the cells that run, and their host.

    Args:
        shell: the shell.
        has_page: returns whether a page has sent a message of a widget.
    """

    def __init__(self, shell: InteractiveShell, has_page: Callable[[], bool]) -> None:
        self._shell = shell
        self._has_page = has_page
        self._host: Host | None = None
        self.chosen = AUTO
        """The name of the host that the user has set."""
        # Cells run in several threads, where there are subshells. Where a cell makes
        # this, its start is over; the kernel's configuration may load it before.
        self._running = {self._id} if is_in_cell(shell) else set()

    def start(self) -> None:
        """Note that a cell starts."""
        self._running.add(self._id)

    def end(self) -> None:
        """Note that the cell has ended."""
        self._running.discard(self._id)

    def runs_cell(self) -> bool:
        """Return whether any cell runs now."""
        return bool(self._running)

    @property
    def in_cell(self) -> bool:
        """Whether this code runs in a cell, so that it may wait. Elsewhere it would
        block the kernel's event loop, and with it every cell."""
        return self._id in self._running

    @property
    def cell(self) -> str | None:
        """The id of the cell that this code was started by; None if it is unknown."""
        cell = self._part("metadata").get("cellId")
        return cell if isinstance(cell, str) else None

    @property
    def deleted_cells(self) -> list[str]:
        """The ids of the cells that the page has deleted since its last request."""
        return list(self._part("metadata").get("deletedCells", ()))

    @property
    def host(self) -> Host:
        """Where this code is shown. A callback's is the host of the last cell."""
        if self._host is None or self._kind not in _OF_PAGES:
            return self.detect()
        return self._host

    def detect(self) -> Host:
        """Detect where this code is shown.

        Raises:
            ValueError: if the environment names an unknown host.
        """
        self._host = detect_host(self._observe(), self.chosen)
        return self._host

    def _observe(self) -> Surroundings:
        environment = drop_inherited_marks(os.environ)
        return Surroundings(
            has_kernel=hasattr(self._shell, "kernel"),
            has_request=self._id is not None,
            cell=self.cell,
            takes_input=bool(self._part("content").get("allow_stdin")),
            has_page=self._kind in _OF_PAGES or self._has_page(),
            in_session=is_in_session(environment),
            is_captured=captures_display(self._shell),
            is_timed=is_timed(),
            has_threads=has_threads(),
            environment=environment,
            modules=sys.modules,
        )

    @property
    def _id(self) -> str | None:
        found = self._part("header").get("msg_id")
        return found if isinstance(found, str) else None

    @property
    def _kind(self) -> str | None:
        found = self._part("header").get("msg_type")
        return found if isinstance(found, str) else None

    def _part(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = current_request(self._shell).get(name, {})
        return found
