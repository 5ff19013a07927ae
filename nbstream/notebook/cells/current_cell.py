"""The cell that runs: its text, and the magics that call from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

from ..capabilities import code_that_runs_cells, runs_asyncio

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# The code that IPython's %timeit and the standard library's timeit repeat.
_TIMED = frozenset({"<magic-timeit>", "<timeit-src>"})


class CurrentCell:
    """Follows the outermost cell that runs in a shell; the code that a magic such as
    `%%capture` runs is a part of it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._text = ""
        self._number: int | None = None
        shell.events.register("pre_run_cell", self._on_start)

    def close(self) -> None:
        """Stop watching."""
        self._shell.events.unregister("pre_run_cell", self._on_start)

    def compile_name(self, body: str, code: str) -> tuple[str, str]:
        """Register the body of a cell for tracebacks, with the cell's line numbers.

        Args:
            body: the end of the cell, as it was typed.
            code: the same after IPython's transformations.

        Returns:
            The code after as many empty lines as the cell has above it, and the file
            name to compile it under.
        """
        lines = self._lines_above(body.rstrip())
        # IPython's transformations remove empty lines at the top.
        lines += body[: len(body) - len(body.lstrip())].count("\n")
        code = "\n" * lines + code
        number = self._number
        if number is None:  # the very cell that loaded the extension
            number = self._shell.execution_count
        return code, self._shell.compile.cache(code, number)

    def _lines_above(self, body: str) -> int:
        above = self._text.rstrip().removesuffix(body)
        if not above.endswith("\n"):
            return 1  # not typed as a cell: only the line of the magic is above it
        return above.count("\n")

    def _on_start(self, info: Any) -> None:
        if is_in_cell(self._shell):
            return
        self._text = info.raw_cell or ""
        self._number = self._shell.execution_count - bool(info.store_history)


def is_in_cell(shell: InteractiveShell) -> bool:
    """Return whether a cell of the shell is on the stack, as under `%%time`,
    `%%capture`, `%run` or `get_ipython().run_cell(…)`, where IPython cannot await."""
    code = code_that_runs_cells(shell)
    return code is not None and any(running is code for running in _running_code())


def may_await(shell: InteractiveShell) -> bool:
    """Return whether the cell that IPython reads now may await in asyncio."""
    return runs_asyncio(shell) and not is_in_cell(shell)


def is_timed() -> bool:
    """Return whether `%timeit`, which repeats code, is on the stack."""
    return any(code.co_filename in _TIMED for code in _running_code())


def _running_code() -> Iterator[CodeType]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code
        if frame.f_back is None:
            return
        frame = frame.f_back
