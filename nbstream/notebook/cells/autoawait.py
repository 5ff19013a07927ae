"""Make a cell await its magic, through IPython's autoawait, in the kernel's event loop.

A magic is an ordinary function, so it could only wait by blocking the loop that the
stream runs in. IPython's autoawait runs a cell that awaits: so an `await` is inserted
into the cell's text, where IPython looks for one. How the magic is called is inserted
into the syntax tree, where tracebacks do not show it.
"""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeGuard

from ...streams.tracebacks import WithoutOurFrames, without_our_frames

_HERE = "__import__('nbstream.notebook.cells.autoawait', fromlist=['awaitable'])"
_CALLS = frozenset({"run_line_magic", "run_cell_magic"})


class Called(NamedTuple):
    """How a magic is called."""

    awaited: bool = False
    """Its result is awaited. Where it is not (in a function, under `%%time`, or in the
    cell that loads the extension), the magic has to block."""
    assigned: bool = False
    """Its result is assigned, so that IPython does not display it."""


_PLAINLY = Called()
_called = ContextVar("nbstream_called", default=_PLAINLY)


def await_magics(
    lines: list[str], awaited: Callable[..., bool], *, at_top: bool
) -> list[str]:
    """Return the cell's lines with `await` before each magic call that is to wait.

    Args:
        lines: the cell after IPython's own transformations.
        awaited: returns whether the magic of this name waits, given its arguments.
        at_top: whether the cell may await outside of coroutine functions. Calls in
            other functions are left alone: these cannot await.
    """
    source = "".join(lines)
    if not any(call in source for call in _CALLS):
        return lines
    try:
        module = ast.parse(source)
    except SyntaxError:
        return lines  # IPython reports it better
    cell = source.encode()
    starts = [0]
    for line in cell.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    calls = [
        starts[call.lineno - 1] + call.col_offset
        for call in _magic_calls(module, at_top)
        if awaited(*_strings(call))
    ]
    for start in sorted(calls, reverse=True):
        cell = cell[:start] + b"await " + cell[start:]
    return cell.decode().splitlines(keepends=True)


class MagicCalls(ast.NodeTransformer):
    """Records in the call of a magic whether its result is awaited, as in
    `await get_ipython().run_line_magic('stream', …)`, and whether it is assigned."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        if _is_magic(node.value):
            _call_by("awaitable", node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if _is_magic(call):
            _call_by("assigned", call)
            if call is not node.value:
                _call_by("awaitable", call)
        self.generic_visit(node)
        return node


@without_our_frames
def awaitable(magic: Callable[..., Any], *arguments: Any) -> Awaitable[Any]:
    """Call a magic. Returns an awaitable of its result."""
    return _result_of(_call(magic, arguments, awaited=True))


@without_our_frames
def assigned(magic: Callable[..., Any], *arguments: Any) -> Any:
    """Call a magic whose result is assigned."""
    return _call(magic, arguments, assigned=True)


def take_called() -> Called:
    """Return how the running magic is called, and reset it for code that this runs."""
    called = _called.get()
    _called.set(_PLAINLY)
    return called


def _call(magic: Callable[..., Any], arguments: tuple[Any, ...], **how: bool) -> Any:
    token = _called.set(_called.get()._replace(**how))
    try:
        return magic(*arguments)
    finally:
        _called.reset(token)


def _call_by(function: str, call: ast.Call) -> None:
    """Replace the call by one of a function of this module, which does it."""
    called = ast.parse(f"{_HERE}.{function}", mode="eval").body
    for part in ast.walk(called):
        ast.copy_location(part, call.func)
    call.args.insert(0, call.func)
    call.func = called


async def _result_of(result: Any) -> Any:
    with WithoutOurFrames():
        return await result if isinstance(result, Awaitable) else result


def _magic_calls(node: ast.AST, may_await: bool) -> Iterator[ast.Call]:
    """Yield the calls of magics, as IPython writes them, that are statements or are
    assigned, where an `await` is allowed."""
    for child in ast.iter_child_nodes(node):
        may = isinstance(child, ast.AsyncFunctionDef) or (
            may_await and not isinstance(child, ast.FunctionDef | ast.ClassDef)
        )
        value = child.value if isinstance(child, ast.Expr | ast.Assign) else child
        if may and value is not child and _is_magic(value):
            yield value
        yield from _magic_calls(child, may)


def _is_magic(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _CALLS
        and _strings(node)[:1] in (["stream"], ["streams"])
    )


def _strings(call: ast.Call) -> list[str]:
    values = [a.value for a in call.args if isinstance(a, ast.Constant)]
    strings = [value for value in values if isinstance(value, str)]
    return strings if len(strings) == len(call.args) else []
