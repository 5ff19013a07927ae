"""From what was typed to where the events come from."""

from __future__ import annotations

import argparse
import inspect
import traceback
from collections.abc import Sequence
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from ..notebook.current_cell import CurrentCell, is_timed
from ..sources import Source, is_address, receiving, source_of
from ..sources.cell_body import iterate_body
from ..streams.tracebacks import EXPRESSION, display_name
from .options import EXAMPLES
from .request_line import connection_typed, query_typed, secrets_named
from .suggestions import suggest_source
from .template import fill


def source_typed(
    shell: InteractiveShell,
    options: argparse.Namespace,
    cell: str | None,
    defaults: dict[str, Any],
    current: CurrentCell,
    max_event_size: int,
) -> Source:
    """The source that a line and its cell name.

    Args:
        shell: whose names the line may use.
        options: of the line.
        cell: the body under it.
        defaults: how to connect to a URL unless the line says otherwise.
        current: the cell that runs.
        max_event_size: the most characters of an event that is parsed.

    Raises:
        UsageError: if they name none.
    """
    if not options.source:
        if not cell or not cell.strip():
            raise UsageError(
                "Expected a source: a URL, an iterator, or a body that yields.\n"
                + EXAMPLES
            )
        refuse_to_repeat()
        origin: Any = _body(shell, cell, current)
        label: str | None = "cell"
        connect = connection_typed(options, shell.user_ns, None)
    else:
        typed = " ".join(word.raw for word in options.source)
        unquoted = "".join(options.source)
        target = fill(unquoted, shell.user_ns)
        if is_address(target):
            if len(options.source) > 1:
                raise UsageError(f"Expected one source, got {typed}")
            origin, cell_body = _with_query(target, shell, options), cell
        else:
            refuse_to_repeat()
            origin, cell_body = _evaluated(shell, typed, options.source), None
            if cell and cell.strip():
                raise UsageError(
                    suggest_source(options.source)
                    or f"A body is sent to a URL, and {typed} is none."
                )
        label = None if is_address(unquoted) else typed
        connect = connection_typed(options, shell.user_ns, cell_body)
        if is_address(target) and not target.startswith("replay:"):
            secrets = secrets_named(options, shell.user_ns, cell_body)
            connect |= {"secrets": secrets} if secrets else {}
    if connect.get("method", "POST" if "content" in connect else "GET") != "GET":
        refuse_to_repeat()
    if not isinstance(origin, str) and connect:
        given = ", ".join(sorted(connect))
        raise UsageError(f"Only a URL takes these: {given}")
    if isinstance(origin, str) and not origin.startswith("replay:"):
        connect = defaults | receiving(origin, max_event_size) | connect
    record = options.record and fill(options.record, shell.user_ns)
    try:
        return source_of(origin, label=label, record=record, **connect)
    except (TypeError, ValueError) as error:
        meant = suggest_source(options.source) if inspect.ismodule(origin) else None
        raise UsageError(meant or str(error)) from None


def _with_query(url: str, shell: InteractiveShell, options: argparse.Namespace) -> str:
    query = query_typed(options, shell.user_ns)
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}"


def _body(shell: InteractiveShell, cell: str, current: CurrentCell) -> Any:
    if cell.lstrip().startswith("%%"):
        magic = cell.split(maxsplit=1)[0]
        raise UsageError(
            f"{magic} can stand above %%stream, but not in its body, which is Python "
            "that yields."
        )
    code = shell.transform_cell(cell)  # type: ignore[no-untyped-call]
    code, filename = current.compile_name(cell, code)
    try:
        return iterate_body(code, shell.user_ns, filename)
    except SyntaxError as error:
        if error.filename is not None:
            error.filename = display_name(error.filename)
        told = "".join(traceback.format_exception_only(error)).rstrip()
        raise UsageError(f"In the body of the cell:\n{told}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def refuse_to_repeat() -> None:
    """Refuse what `%timeit` is not to run many times, for each may be paid for.

    Raises:
        UsageError: if it is `%timeit` that calls.
    """
    if is_timed():
        raise UsageError(
            "%timeit runs what it times many times, and of streams only a GET is safe "
            "to repeat. %time runs it once."
        )


def _evaluated(shell: InteractiveShell, expression: str, words: Sequence[str]) -> Any:
    try:
        return eval(compile(expression, EXPRESSION, "eval"), shell.user_ns)
    except NameError as error:
        raise UsageError(
            suggest_source(words)
            or f"{error}. Expected a URL such as https://host/events, or something "
            "to iterate."
        ) from None
    except SyntaxError:
        raise UsageError(
            suggest_source(words)
            or f"Expected a URL such as https://host/events, or a Python expression, "
            f"got {expression!r}."
        ) from None
