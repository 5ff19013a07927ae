"""Run cells in a real IPython shell, without a kernel."""

from __future__ import annotations

import atexit
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import nbstream

PACKAGE = str(Path(nbstream.__file__).parent)
"""The folder whose frames no traceback shows."""


class Shell:
    """A shell without a kernel: cells wait, and a stream's output is printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        InteractiveShell.clear_instance()
        self.ip = InteractiveShell.instance()
        assert self.ip.history_manager is not None
        self.ip.history_manager.enabled = False
        self.ip.run_line_magic("load_ext", "nbstream")
        self._capsys = capsys

    def run(self, cell: str) -> str:
        """Run a cell; return what it printed, errors included."""
        self._capsys.readouterr()
        self.ip.run_cell(cell)
        printed = self._capsys.readouterr()
        return re.sub(r"\x1b\[[0-9;]*m", "", printed.out + printed.err)

    def close(self) -> None:
        """Close the shell and its history."""
        self.ip.run_line_magic("unload_ext", "nbstream")
        InteractiveShell.clear_instance()
        # Otherwise each collects garbage at the end of all tests: a minute, for
        # hundreds.
        atexit.unregister(self.ip.atexit_operations)
        assert self.ip.history_manager is not None
        if (thread := self.ip.history_manager.save_thread) is not None:
            thread.stop()

    def __getitem__(self, name: str) -> Any:
        return self.ip.user_ns[name]
