"""Read what to follow from a line and the body below it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from ..notebook.cells.current_cell import CurrentCell, is_timed
from ..sources import SourceOptions, find_scheme, read_options
from ..sources.cell_body import iterate_body
from ..specs import Defaults, StreamSpec
from ..streams.handle import Stream
from ..streams.tracebacks import EXPRESSION, display_name
from ..text.sentences import join_sentences
from .line.options import StreamLine
from .line.parsers import EXAMPLES
from .line.suggestions import suggest_source
from .request_line import find_secrets, read_connection, read_query
from .template import fill


def open_stream(
    shell: InteractiveShell, line: StreamLine, defaults: Defaults, current: CurrentCell
) -> Stream:
    """Return a new stream of what a line and its cell name, not started.

    Args:
        shell: whose names the line may use.
        line: the line, and the body below it.
        defaults: what holds where the line gives nothing.
        current: the cell that runs.

    Raises:
        UsageError: if there is no source, or an option is not what it should be.
    """
    spec = _read_spec(shell, line, defaults, current)
    try:
        return spec.open()
    except (TypeError, ValueError) as error:
        meant = suggest_source(line.source) if inspect.ismodule(spec.origin) else None
        raise UsageError(meant or str(error)) from None


def _read_spec(
    shell: InteractiveShell, line: StreamLine, defaults: Defaults, current: CurrentCell
) -> StreamSpec:
    text = "".join(line.source)
    typed = " ".join(word.raw for word in line.source)
    label: str | None = typed
    options: SourceOptions | None = None
    origin: Any
    if not line.source:
        origin, label = _read_body(shell, line, current), "cell"
    elif _is_address(address := fill(text, shell.user_ns)):
        if len(line.source) > 1:
            raise UsageError(f"Expected one source, got {typed}")
        origin = _add_query(address, read_query(line.request, shell.user_ns))
        options = _read_options(shell, line, origin)
        # What a name in its beginning stands for may be a secret.
        label = None if _is_address(text) else typed
    else:
        origin = _read_expression(shell, line, typed)
    with _usage_errors():
        return StreamSpec(
            origin=origin,
            source_options=defaults.fill_source(options),
            label=label,
            record=line.record and fill(line.record, shell.user_ns),
            options=defaults.build_options(
                dialect=line.dialect,
                view=line.view,
                field=line.field,
                name=line.name,
                max_time=line.max_time,
                max_event_size=line.max_event_size,
            ),
        )


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Raise what is wrong with the line as IPython shows it: a sentence alone. Not to
    be used around the user's own code, whose errors need their tracebacks."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None


def _is_address(text: str) -> bool:
    with _usage_errors():
        return find_scheme(text) is not None


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


def _read_options(
    shell: InteractiveShell, line: StreamLine, address: str
) -> SourceOptions | None:
    given = _options_given(shell, line, line.body)
    with _usage_errors():
        options = read_options(address, given)
    if options is None:
        return None
    if not options.repeatable:
        refuse_to_repeat()
    secrets = find_secrets(line, shell.user_ns)
    return options.with_secrets(secrets) if secrets else options


def _options_given(
    shell: InteractiveShell, line: StreamLine, body: str
) -> dict[str, Any]:
    """Return the options of a source by name, of whatever kind it is."""
    given = read_connection(line.request, shell.user_ns, body).given()
    return given if line.speed is None else {**given, "speed": line.speed}


def _refuse_options(shell: InteractiveShell, line: StreamLine) -> None:
    if given := _options_given(shell, line, ""):
        raise UsageError(f"Only a URL takes these: {', '.join(sorted(given))}")


def _add_query(url: str, query: str) -> str:
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}"


def _read_body(
    shell: InteractiveShell, line: StreamLine, current: CurrentCell
) -> object:
    """Return the iterator of a body in Python."""
    body = line.body
    if not body.strip():
        raise UsageError(
            "Expected a source: a URL, an iterator, or a body that yields.\n" + EXAMPLES
        )
    refuse_to_repeat()
    if body.lstrip().startswith("%%"):
        magic = body.split(maxsplit=1)[0]
        raise UsageError(
            f"{magic} can stand above %%stream, but not in its body, which is Python "
            "that yields."
        )
    code = shell.transform_cell(body)  # type: ignore[no-untyped-call]
    code, filename = current.compile_name(body, code)
    try:
        with _usage_errors():
            iterator = iterate_body(code, shell.user_ns, filename)
    except SyntaxError as error:
        if error.filename is not None:
            error.filename = display_name(error.filename)
        shown = "".join(traceback.format_exception_only(error)).rstrip()
        raise UsageError(f"In the body of the cell:\n{shown}") from None
    _refuse_options(shell, line)
    return iterator


def _read_expression(shell: InteractiveShell, line: StreamLine, typed: str) -> object:
    """Return what an expression of Python stands for."""
    refuse_to_repeat()
    origin = _evaluate(shell, typed, line.source)
    if line.body.strip():
        raise UsageError(
            suggest_source(line.source)
            or f"A body is sent to a URL, and {typed} is not one."
        )
    _refuse_options(shell, line)
    return origin


def _evaluate(shell: InteractiveShell, expression: str, words: Sequence[str]) -> Any:
    try:
        return eval(compile(expression, EXPRESSION, "eval"), shell.user_ns)
    except NameError as error:
        raise UsageError(
            suggest_source(words)
            or join_sentences(
                str(error),
                "Expected a URL such as https://host/events, or something to iterate.",
            )
        ) from None
    except SyntaxError:
        raise UsageError(
            suggest_source(words)
            or f"Expected a URL such as https://host/events, or a Python expression, "
            f"got {expression!r}."
        ) from None
