"""Cells whose magic waits: the call becomes an `await`, in the kernel's own loop.

A magic is an ordinary function, so it could only wait by holding the loop that the
stream runs in. IPython's autoawait runs a cell that awaits, so the cell is given one.
"""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Any

_HERE = b"__import__('nbstream.awaiting', fromlist=['awaitable']).awaitable"
_awaited = ContextVar("nbstream_awaited", default=False)
_CALLS = frozenset({"run_line_magic", "run_cell_magic"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def await_magics(
    lines: list[str], awaited: Callable[[str, list[str]], bool]
) -> list[str]:
    """The cell's lines with `await` before each magic call that is to wait.

    Args:
        lines: the cell after IPython's own transformations.
        awaited: told a magic's name and its arguments, whether it waits. Calls in
            functions are left alone: there is no awaiting them from here.
    """
    source = "".join(lines)
    if not any(call in source for call in _CALLS):
        return lines
    try:
        module = ast.parse(source)
    except SyntaxError:
        return lines  # IPython will say it better
    cell = source.encode()
    starts = [0]
    for line in cell.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    functions = [
        (
            starts[call.func.lineno - 1] + call.func.col_offset,
            starts[(call.func.end_lineno or 1) - 1] + (call.func.end_col_offset or 0),
        )
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in _CALLS
        and (arguments := _strings(call))
        and awaited(arguments[0], arguments[1:])
    ]
    for start, end in sorted(functions, reverse=True):
        # The function's opening bracket gives way: it becomes our first argument.
        function, rest = cell[start:end], cell[end:].lstrip()[1:]
        cell = cell[:start] + b"await " + _HERE + b"(" + function + b", " + rest
    return cell.decode().splitlines(keepends=True)


def awaitable(magic: Callable[..., Any], *arguments: Any) -> Awaitable[Any]:
    """Run a magic that is awaited, and that can tell by `is_awaited()`."""
    token = _awaited.set(True)
    try:
        result = magic(*arguments)
    finally:
        _awaited.reset(token)
    return result if isinstance(result, Awaitable) else _at_once(result)


def is_awaited() -> bool:
    """Whether the magic that runs now is awaited. Where it is not (in a function, or in
    the very cell that loads the extension), it has to wait by itself."""
    return _awaited.get()


async def _at_once(result: Any) -> Any:
    return result


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _SCOPES):
            continue
        if isinstance(child, ast.Await):
            yield from _calls(child.value)
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


def _strings(call: ast.Call) -> list[str]:
    values = [a.value for a in call.args if isinstance(a, ast.Constant)]
    strings = [value for value in values if isinstance(value, str)]
    return strings if len(strings) == len(call.args) else []
