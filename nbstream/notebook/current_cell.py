"""The cell that runs: where its body stands in it, and what it runs under."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# The code that IPython's %timeit and the standard library's timeit repeat.
_TIMED = frozenset({"<magic-timeit>", "<timeit-src>"})


class CurrentCell:
    """Knows the outermost cell that runs in a shell: what a magic such as `%%capture`
    runs is a part of it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._text = ""
        self._number: int | None = None
        shell.events.register("pre_run_cell", self._begins)

    def close(self) -> None:
        """Stop watching."""
        self._shell.events.unregister("pre_run_cell", self._begins)

    def compile_name(self, body: str, code: str) -> tuple[str, str]:
        """Make the body of a cell known to tracebacks, with the lines of the cell.

        Args:
            body: the end of the cell, as it was typed.
            code: the same after IPython's transformations.

        Returns:
            The code with empty lines in the place of those above it, and the name to
            compile it under.
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
            return 1  # not typed as a cell: only the line of the magic stands above it
        return above.count("\n")

    def _begins(self, info: Any) -> None:
        if is_in_cell(self._shell):
            return
        self._text = info.raw_cell or ""
        self._number = self._shell.execution_count - bool(info.store_history)


def is_in_cell(shell: InteractiveShell) -> bool:
    """Whether a cell of the shell calls here, as by `%%time`, `%%capture`, `%run` or
    `get_ipython().run_cell(…)`: such code is run where there is no `await`."""
    run_code: Any = type(shell).run_code
    code: CodeType = run_code.__code__
    return any(running is code for running in _running())


def may_await(shell: InteractiveShell) -> bool:
    """Whether IPython runs the cell that it reads now where asyncio can await."""
    asyncio_runner = shell.loop_runner_map["asyncio"][0]
    runs_asyncio = shell.autoawait and shell.loop_runner is asyncio_runner
    return runs_asyncio and not is_in_cell(shell)


def is_timed() -> bool:
    """Whether `%timeit` calls here, which repeats what it times."""
    return any(code.co_filename in _TIMED for code in _running())


def _running() -> Iterator[CodeType]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code
        if frame.f_back is None:
            return
        frame = frame.f_back
