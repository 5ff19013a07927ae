"""Run the body of a `%%stream` cell: Python whose yields are the events."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Any

_NAME = "cell"  # in the names of what the body defines
_MODULE = "<module>"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def iterate_body(
    code: str, namespace: dict[str, Any], filename: str
) -> Iterable[Any] | AsyncIterable[Any]:
    """Return the iterator of a body: asynchronous if it awaits, plain otherwise.

    The body becomes the body of a generator function whose globals are the
    namespace; what it assigns stays its own, as in any function.

    Args:
        code: the body.
        namespace: the user's namespace.
        filename: under which tracebacks find the code.

    Raises:
        SyntaxError: if it is not Python.
        ValueError: if it never yields.
    """
    module = ast.parse(code, filename)
    nodes = list(_walk_own(module))
    if not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        raise ValueError(
            "Expected a `yield` in the body, which makes its value an event of the "
            "stream; to follow a server, name its URL after %%stream."
        )
    awaits = any(
        isinstance(node, _AWAITS)
        or (isinstance(node, ast.comprehension) and node.is_async)
        for node in nodes
    )
    # Parsed, so that the node has every field that this Python version needs.
    wrapper = ast.parse(f"{'async ' if awaits else ''}def {_NAME}(): pass")
    function = wrapper.body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    function.body = module.body
    defined: dict[str, Any] = {}
    # exec defines the function in `defined`, and the user's names stay its globals.
    exec(compile(wrapper, filename, "exec"), namespace, defined)
    made = defined[_NAME]
    # Tracebacks show it as lines of a cell, and not as a function.
    made.__code__ = made.__code__.replace(co_name=_MODULE, co_qualname=_MODULE)
    iterator: Iterable[Any] | AsyncIterable[Any] = made()
    return iterator


def _walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node below, but not within functions and classes of its own."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _walk_own(child)
