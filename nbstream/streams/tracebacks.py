"""Remove our frames from tracebacks, so that users see their own code.

The frames are removed from `__traceback__` itself: IPython, `traceback`, debuggers and
exception groups all read it. `__tracebackhide__` would leave a line on the number of
hidden frames, and the standard library does not know it.
"""

from __future__ import annotations

import asyncio
import dis
import functools
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Literal, ParamSpec, TypeVar

from ..errors import NbstreamError

EXPRESSION = "<expression>"
"""The file name of an expression on a magic's line. Its frame is removed, too, since it
only repeats the line."""

P = ParamSpec("P")
T = TypeVar("T")
_Owner = Literal["us", "library", "user"]

_PACKAGE = __name__.partition(".")[0]
_OURS = f"{Path(__file__).parent.parent}{os.sep}"
_STANDARD = tuple(
    f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib")
)
_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_ANYIO = f"{os.sep}anyio{os.sep}"

# Instructions by which an exception leaves a frame of ours deliberately.
_DELIBERATE = {
    dis.opmap[name]
    for name in ("RAISE_VARARGS", "RERAISE", "SEND")
    if name in dis.opmap
}


class WithoutOurFrames:
    """Removes our frames, including the one it is used in, from the exception that
    leaves this context manager.

    Use it in the outermost of our frames, in a function, a coroutine or a generator:
    the end of a `with` re-raises without adding its frame, while frames further out are
    added later.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if error is not None and kind is not GeneratorExit:
            remove_our_frames(error)


def without_our_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that users call, to remove our frames from its exceptions."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with WithoutOurFrames():
            return function(*args, **kwargs)

    return call


def remove_our_frames(error: BaseException) -> None:
    """Remove our frames from an exception and from those linked with it: causes,
    contexts, the members of a group. An error that we did not raise on purpose keeps
    them, for the report of the bug."""
    seen: set[int] = set()
    pending = [(error, False)]
    while pending:
        each, is_explained = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        entries = list(_entries(each.__traceback__))
        if isinstance(each, asyncio.CancelledError):
            # An interrupt of a cell that waits: where in our code is irrelevant.
            entries = [entry for entry in entries if _owner(entry) == "user"]
        elif is_explained and "user" not in map(_owner, entries):
            entries = []
        each.__traceback__ = _link(_drop_ours(entries))
        while (context := each.__context__) is not None and _is_private(context):
            each.__context__ = context.__context__
        # Our own error explains the library's error that caused it.
        is_explained = is_explained or isinstance(each, NbstreamError)
        members = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        linked = (each.__cause__, each.__context__, *members)
        pending += [(other, is_explained) for other in linked if other is not None]


def format_traceback(error: BaseException) -> str:
    """Return an error as `traceback` formats it, with the names of cells. Empty if no
    frame is left: then the message is complete."""
    if error.__traceback__ is None and not isinstance(error, BaseExceptionGroup):
        return ""
    formatted = traceback.TracebackException.from_exception(error)
    _name_cells(formatted)
    return "".join(formatted.format()).rstrip()


def display_name(filename: str) -> str:
    """Return the name to show for a file: of a cell its number, as IPython does, since
    its file name is a path of the machine."""
    ipython = sys.modules.get("IPython")  # imported where code runs in IPython
    shell = ipython.get_ipython() if ipython is not None else None
    # Before version 8 the file name is the name to show.
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)
    named = None if name_of is None else name_of(filename)
    return filename if named is None else " ".join(named)


# -- choosing the frames to keep -------------------------------------------------


def _drop_ours(entries: list[TracebackType]) -> list[TracebackType]:
    if not entries or _is_our_fault(entries[-1]):
        return entries
    runs = [(owner, list(run)) for owner, run in groupby(entries, _owner)]
    owners = [None, *(owner for owner, _ in runs), None]
    return [
        entry
        for (owner, run), before, after in zip(
            runs, owners[:-2], owners[2:], strict=True
        )
        if owner != "us" and not _is_plumbing(owner, run, before, after)
        for entry in run
    ]


def _is_plumbing(
    owner: _Owner,
    run: list[TracebackType],
    before: _Owner | None,
    after: _Owner | None,
) -> bool:
    """Return whether frames of a library only call back: us, or the user by way of the
    standard library (an exit stack, a task)."""
    if owner != "library" or before != "us" or after is None:
        return False
    return after == "us" or all(
        name.startswith(_STANDARD) or _ANYIO in name for name in map(_filename, run)
    )


def _is_private(context: BaseException) -> bool:
    """Return whether an exception that we handled was never in the user's code."""
    owners = {_owner(entry) for entry in _entries(context.__traceback__)}
    return owners == {"us"} and not isinstance(context, NbstreamError)


def _is_our_fault(innermost: TracebackType) -> bool:
    """Return whether an error is one that we did not raise on purpose."""
    code = innermost.tb_frame.f_code.co_code
    is_ours = _filename(innermost).startswith(_OURS)
    return is_ours and code[innermost.tb_lasti] not in _DELIBERATE


def is_ours(filename: str) -> bool:
    """Return whether a file of code is one of ours."""
    return filename.startswith(_OURS)


def _owner(entry: TracebackType) -> _Owner:
    name = _filename(entry)
    if is_ours(name) or name == EXPRESSION:
        return "us"
    # The methods that dataclasses writes for a class of ours.
    module = str(entry.tb_frame.f_globals.get("__name__", ""))
    if name == "<string>" and module.partition(".")[0] == _PACKAGE:
        return "us"
    is_library = name.startswith((*_STANDARD, "<frozen ")) or any(
        folder in name for folder in _PACKAGES
    )
    return "library" if is_library else "user"


def _filename(entry: TracebackType) -> str:
    return entry.tb_frame.f_code.co_filename


# -- tracebacks as lists ---------------------------------------------------------


def _entries(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _link(entries: Iterable[TracebackType]) -> TracebackType | None:
    tb: TracebackType | None = None
    for entry in reversed(list(entries)):
        tb = TracebackType(tb, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return tb


def _name_cells(formatted: traceback.TracebackException) -> None:
    for frame in formatted.stack:
        frame.filename = display_name(frame.filename)
    if isinstance(getattr(formatted, "filename", None), str):  # SyntaxError
        formatted.filename = display_name(formatted.filename)
    linked = [formatted.__cause__, formatted.__context__]
    for each in (*linked, *(getattr(formatted, "exceptions", None) or ())):
        if each is not None:
            _name_cells(each)
