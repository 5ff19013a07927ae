"""What the user types: %stream, %%stream, %streams."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Awaitable
from functools import partial
from keyword import iskeyword
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)
from traitlets import Enum, Float, Int

from .arguments import (
    EXAMPLES,
    Parser,
    file_named,
    fill,
    fill_body,
    split,
    stream_parser,
    streams_parser,
)
from .awaiting import await_magics, is_awaited
from .dialects import DIALECTS, LENSES
from .notebook import Notebook
from .sources import is_address, source_of
from .sources.body import iterate_body
from .stream import Stream


@magics_class
class StreamMagics(Magics):
    """Live streams under a cell. `%config StreamMagics` lists every default."""

    wait = Enum(
        ["auto", "always", "never"],
        "auto",
        help="Whether a cell waits for its stream. auto: where nothing could be shown "
        "after the cell has ended, such as nbconvert, papermill, nbval and terminals.",
    ).tag(config=True)
    dialect = Enum(
        sorted(DIALECTS),
        "auto",
        help="What the events of a stream mean. auto: the format of the first event.",
    ).tag(config=True)
    view = Enum(
        ["auto", *sorted(LENSES)],
        "auto",
        help="What to show a stream's content as. auto: each part as what it says.",
    ).tag(config=True)
    retries = Int(
        None,
        allow_none=True,
        help="How many tries in a row may fail. By default 2 before the first "
        "success and 20 after it.",
    ).tag(config=True)
    idle_timeout = Float(
        None,
        allow_none=True,
        help="Seconds without a byte after which a connection is given up. By default "
        "45, or 600 for a request that cannot be repeated.",
    ).tag(config=True)

    loop = Enum(
        ["kernel", "thread"],
        "kernel",
        help="Where streams run: in the kernel's own event loop, or in a thread beside "
        "it, where they go on, and can be cancelled, while a cell computes.",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._notebook = Notebook.of(shell)
        shell.input_transformers_post.append(self._await_waiting)

    def close(self) -> None:
        """Cancel every stream and leave the shell as it was."""
        self._shell.input_transformers_post.remove(self._await_waiting)
        self._notebook.close()
        for kind, names in self.magics.items():
            for name in names:
                self._shell.magics_manager.magics[kind].pop(name, None)

    # -- the magics --------------------------------------------------------------

    @no_var_expand
    @line_cell_magic
    def stream(self, line: str, cell: str | None = None) -> Awaitable[None] | None:
        """Follow a live stream under this cell."""
        options = self._parse(stream_parser(), line)
        if options.help:
            print(stream_parser().format_help())
            return None
        waits = self._waits(options)
        if not waits and self._notebook.host == "terminal":
            raise UsageError(
                "--background needs a notebook: a terminal's event loop stands still "
                "between cells"
            )
        # Where nobody awaits us, waiting holds this thread, and so needs another.
        blocks = waits and not is_awaited()
        name = options.name
        if name is not None and (not name.isidentifier() or iskeyword(name)):
            raise UsageError(f"Expected a variable's name after -n, got {name!r}")
        stream = self._stream_of(options, cell, in_thread=blocks)
        if options.name is not None:
            self._shell.user_ns[options.name] = stream
        if blocks:
            self._notebook.block(stream)
        elif waits:
            return self._show_and_wait(stream)
        else:
            self._notebook.show(stream)
        return None

    @no_var_expand
    @line_magic
    def streams(self, line: str) -> Awaitable[None] | None:
        """List this kernel's streams, or say `cancel`, `show` or `wait` and which."""
        options = self._parse(streams_parser(), line)
        if options.action is None:
            self._notebook.show_table()
            return None
        chosen = self._chosen(options.action, options.name)
        if options.action == "wait":
            if not is_awaited():
                raise UsageError(
                    "%streams wait can only stand in a cell of its own, not in a "
                    "function. There, await the stream's handle."
                )
            return self._notebook.wait(*chosen)
        for stream in chosen:
            if options.action == "cancel":
                stream.cancel()
            else:
                self._notebook.show(stream)
        return None

    stream.__doc__ = f"{stream.__doc__}\n\n{stream_parser().format_help()}"

    # -- from words to a stream --------------------------------------------------

    def _parse(self, parser: Parser, line: str) -> argparse.Namespace:
        try:
            return parser.parse_intermixed_args(split(line))
        except ValueError as error:
            usage = " ".join(parser.format_usage().split())
            raise UsageError(f"{error}\n{usage}") from None

    def _stream_of(
        self, options: argparse.Namespace, cell: str | None, *, in_thread: bool
    ) -> Stream:
        if not options.source:
            if not cell or not cell.strip():
                raise UsageError(
                    "Expected a source: a URL, an iterator, or a body that yields.\n"
                    + EXAMPLES
                )
            origin: Any = self._body(cell)
            label: str | None = "cell"
            connect = self._connection(options, None)
        else:
            typed = " ".join(word.raw for word in options.source)
            target = fill("".join(options.source), self._shell.user_ns)
            if is_address(target):
                if len(options.source) > 1:
                    raise UsageError(f"Expected one source, got {typed}")
                origin, cell_body = target, cell
            else:
                origin, cell_body = self._evaluated(typed), None
                if cell and cell.strip():
                    raise UsageError(f"A body is sent to a URL, and {typed} is none.")
            label = None if is_address(typed) else typed
            connect = self._connection(options, cell_body)
        if not isinstance(origin, str) and connect:
            given = ", ".join(sorted(connect))
            raise UsageError(f"Only a URL takes these: {given}")
        if isinstance(origin, str) and not origin.startswith("replay:"):
            for key in ("retries", "idle_timeout"):
                if (default := getattr(self, key)) is not None:
                    connect.setdefault(key, default)
        record = options.record and fill(options.record, self._shell.user_ns)
        try:
            source = source_of(origin, label=label, record=record, **connect)
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None
        return self._notebook.begin(
            partial(
                Stream,
                source,
                dialect=options.dialect or self.dialect,
                view=options.view or self.view,
                name=options.name,
            ),
            in_thread=in_thread or bool(options.thread) or self.loop == "thread",
        )

    def _connection(
        self, options: argparse.Namespace, cell: str | None
    ) -> dict[str, Any]:
        """How to connect, as HttpSource takes it; only what was asked for."""
        namespace = self._shell.user_ns
        connect: dict[str, Any] = {}
        headers: dict[str, str] = {}
        for header in options.header:
            name, colon, value = fill(header, namespace).partition(":")
            if not colon or not name.strip():
                raise UsageError(
                    f"Expected a header as 'Name: value', got {header!r} without a "
                    "colon."
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

    def _body(self, cell: str) -> Any:
        code = self._shell.transform_cell(cell)
        filename = self._shell.compile.cache(code)
        try:
            return iterate_body(code, self._shell.user_ns, filename)
        except SyntaxError as error:
            told = "".join(traceback.format_exception_only(error)).rstrip()
            raise UsageError(f"In the body of the cell:\n{told}") from None
        except ValueError as error:
            raise UsageError(str(error)) from None

    def _evaluated(self, expression: str) -> Any:
        try:
            return eval(expression, self._shell.user_ns)
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

    # -- waiting -----------------------------------------------------------------

    def _waits(self, options: argparse.Namespace) -> bool:
        if options.wait is not None:
            return bool(options.wait)
        return self.wait == "always" or (self.wait == "auto" and self._notebook.waits)

    async def _show_and_wait(self, stream: Stream) -> None:
        # Tools that run notebooks keep one display, so they get it when it is whole.
        late = self._notebook.host == "headless"
        if self._notebook.host == "live":
            self._notebook.show(stream)
        await self._notebook.wait(stream)
        if late:
            self._notebook.show(stream)
        if stream.error is not None:
            raise stream.error

    def _await_waiting(self, lines: list[str]) -> list[str]:
        return await_magics(lines, self._awaited)

    def _awaited(self, magic: str, arguments: list[str]) -> bool:
        line = arguments[0] if arguments else ""
        try:
            if magic == "stream":
                return self._waits(stream_parser().parse_intermixed_args(split(line)))
            if magic == "streams":
                return split(line)[:1] == ["wait"]
        except ValueError:
            pass  # the magic itself will say what is wrong
        return False

    def _chosen(self, action: str, name: str | None) -> list[Stream]:
        if name is None:
            raise UsageError(f"Expected a stream's name: %streams {action} NAME|all")
        if name == "all":
            return [stream for stream in self._notebook.streams if not stream.done]
        stream = self._notebook.named(name)
        if stream is None:
            known = ", ".join(s.name for s in self._notebook.streams) or "none"
            raise UsageError(
                f"Expected a stream's name, got {name}. There are: {known}"
            )
        return [stream]


_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
