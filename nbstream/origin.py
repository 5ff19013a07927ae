"""From what was typed to where the events come from."""

from __future__ import annotations

import argparse
import traceback
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from .arguments import file_named, fill, fill_body
from .options import EXAMPLES
from .sources import Source, is_address, source_of
from .sources.cell_body import iterate_body

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"


def source_typed(
    shell: InteractiveShell,
    options: argparse.Namespace,
    cell: str | None,
    defaults: dict[str, Any],
) -> Source:
    """The source that a line and its cell name.

    Args:
        shell: whose names the line may use.
        options: of the line.
        cell: the body under it.
        defaults: how to connect to a URL unless the line says otherwise.

    Raises:
        UsageError: if they name none.
    """
    if not options.source:
        if not cell or not cell.strip():
            raise UsageError(
                "Expected a source: a URL, an iterator, or a body that yields.\n"
                + EXAMPLES
            )
        origin: Any = _body(shell, cell)
        label: str | None = "cell"
        connect = _connection(shell, options, None)
    else:
        typed = " ".join(word.raw for word in options.source)
        target = fill("".join(options.source), shell.user_ns)
        if is_address(target):
            if len(options.source) > 1:
                raise UsageError(f"Expected one source, got {typed}")
            origin, cell_body = target, cell
        else:
            origin, cell_body = _evaluated(shell, typed), None
            if cell and cell.strip():
                raise UsageError(f"A body is sent to a URL, and {typed} is none.")
        label = None if is_address(typed) else typed
        connect = _connection(shell, options, cell_body)
    if not isinstance(origin, str) and connect:
        given = ", ".join(sorted(connect))
        raise UsageError(f"Only a URL takes these: {given}")
    if isinstance(origin, str) and not origin.startswith("replay:"):
        connect = defaults | connect
    record = options.record and fill(options.record, shell.user_ns)
    try:
        return source_of(origin, label=label, record=record, **connect)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None


def _connection(
    shell: InteractiveShell, options: argparse.Namespace, cell: str | None
) -> dict[str, Any]:
    """How to connect, as HttpSource takes it; only what was asked for."""
    namespace = shell.user_ns
    connect: dict[str, Any] = {}
    headers: dict[str, str] = {}
    for header in options.header:
        name, colon, value = fill(header, namespace).partition(":")
        if not colon or not name.strip():
            raise UsageError(
                f"Expected a header as 'Name: value', got {header!r} without a colon."
            )
        headers[name.strip()] = value.strip()
    bodies = []
    try:
        if options.data is not None:
            data = []
            for value in options.data:
                content = file_named(value, namespace)
                data.append(fill(value, namespace) if content is None else content)
            bodies.append(("&".join(data), _FORM))
        if options.json is not None:
            content = file_named(options.json, namespace)
            if content is None:
                content, _ = fill_body(options.json, namespace)
            bodies.append((content, _JSON))
    except OSError as error:
        raise UsageError(f"Expected a file to send: {error}") from None
    if cell is not None and cell.strip():
        # IPython ends every cell with a newline that nobody typed.
        text, is_json = fill_body(cell.removesuffix("\n"), namespace)
        bodies.append((text, _JSON if is_json else _TEXT))
    if len(bodies) > 1:
        raise UsageError("Expected one body: of -d, --json and the cell, give one.")
    for content, content_type in bodies:
        connect["content"] = content
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = content_type
    if headers:
        connect["headers"] = headers
    if options.request is not None:
        connect["method"] = options.request
    for key in ("retries", "idle_timeout", "speed"):
        if (value := getattr(options, key)) is not None:
            connect[key] = value
    return connect


def _body(shell: InteractiveShell, cell: str) -> Any:
    code = shell.transform_cell(cell)  # type: ignore[no-untyped-call]
    filename = shell.compile.cache(code)
    try:
        return iterate_body(code, shell.user_ns, filename)
    except SyntaxError as error:
        told = "".join(traceback.format_exception_only(error)).rstrip()
        raise UsageError(f"In the body of the cell:\n{told}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def _evaluated(shell: InteractiveShell, expression: str) -> Any:
    try:
        return eval(expression, shell.user_ns)
    except NameError as error:
        raise UsageError(
            f"{error}. Expected a URL such as https://host/events, or something "
            "to iterate."
        ) from None
    except SyntaxError:
        raise UsageError(
            f"Expected a URL such as https://host/events, or a Python expression, "
            f"got {expression!r}."
        ) from None
