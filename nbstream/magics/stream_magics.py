"""The magics: %stream, %%stream, %streams."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
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
from traitlets import Bool, Enum, Float, Int, Unicode, observe

from ..content.projections import AUTO_VIEW, VIEWS
from ..dialects import AUTO, dialect_names
from ..models import DEFAULT_CLAUDE, Chat, Comparison
from ..notebook.cells.autoawait import MagicCalls, await_magics, take_called
from ..notebook.cells.current_cell import CurrentCell, is_timed, may_await
from ..notebook.hosts import AUTO as AUTO_HOST
from ..notebook.hosts import host_names
from ..notebook.session import Session
from ..specs import Defaults
from ..streams.handle import Stream
from ..streams.pipeline import MAX_PARSED
from ..streams.tracebacks import without_our_frames
from .chat_action import act_on_chat
from .keys import refuse_keys
from .line.options import StreamLine
from .line.parsers import read_stream, read_streams, stream_parser, streams_parser
from .question_line import find_models, open_answers
from .size_trait import Size
from .source_line import open_stream, refuse_to_repeat


@magics_class
class StreamMagics(Magics):
    """Live streams under a cell. `%config StreamMagics` lists every default; those of
    single streams hold for `nbstream.stream` and `nbstream.ask` too."""

    wait = Enum(
        ["auto", "always", "never"],
        "auto",
        help="Whether a cell waits for its stream. auto: where nothing could be shown "
        "after the cell has ended, such as nbconvert, papermill, nbval and terminals.",
    ).tag(config=True)
    host = Enum(
        [AUTO_HOST, *host_names()],
        AUTO_HOST,
        help="Where this notebook is shown, if that is not detected right; the "
        "environment variable NBSTREAM_HOST says the same for every kernel.",
    ).tag(config=True)
    dialect = Enum(
        dialect_names(),
        AUTO,
        help="What the events of a stream mean. auto: the format of the first event.",
    ).tag(config=True)
    view = Enum(
        VIEWS,
        AUTO_VIEW,
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

    max_event_size = Size(
        MAX_PARSED,
        help="The most characters of an event that is parsed, as a number or such as "
        "8M. A larger one is shown as it came, cut.",
    ).tag(config=True)
    follow = Bool(
        False,
        help="Whether to connect again, without end, to a URL whose server ends the "
        "stream properly. A failure is retried in any case.",
    ).tag(config=True)

    loop = Enum(
        ["kernel", "thread"],
        "kernel",
        help="Where streams run: in the kernel's own event loop, or in a thread beside "
        "it, where they go on, and can be cancelled, while a cell computes.",
    ).tag(config=True)

    claude_model = Unicode(
        DEFAULT_CLAUDE, help="The model of `%%stream claude` where none is named."
    ).tag(config=True)
    openai_model = Unicode(
        "", help="The model of `%%stream openai` where none is named."
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        # Before the configuration is read, which may choose the host.
        self._session = Session.of(shell)
        super().__init__(shell)
        self._chats: dict[str, Chat] = {}
        self._shell = shell
        self._choose_host()
        self._current = CurrentCell(shell)
        self._magic_calls = MagicCalls()
        shell.input_transformers_post.append(self._await_waiting)
        shell.ast_transformers.append(self._magic_calls)

    @observe("host")
    def _choose_host(self, _change: object = None) -> None:
        self._session.requests.chosen = self.host

    @property
    def defaults(self) -> Defaults:
        """What holds where a line, or a call of `nbstream.stream` or `nbstream.ask`,
        gives nothing."""
        return Defaults(
            dialect=self.dialect,
            view=self.view,
            max_event_size=self.max_event_size,
            retries=self.retries,
            idle_timeout=self.idle_timeout,
            follow=self.follow or None,
            in_thread=self.loop == "thread",
            models={"claude": self.claude_model, "openai": self.openai_model},
        )

    def close(self) -> None:
        """Cancel every stream and leave the shell as it was."""
        self._shell.input_transformers_post.remove(self._await_waiting)
        if self._magic_calls in self._shell.ast_transformers:
            self._shell.ast_transformers.remove(self._magic_calls)
        self._current.close()
        self._session.close()
        # Where %config finds it; IPython declares a list of shells.
        self._shell.configurables.remove(self)  # type: ignore[arg-type]
        for kind, names in self.magics.items():
            for name in names:
                self._shell.magics_manager.magics[kind].pop(name, None)

    # -- the magics --------------------------------------------------------------

    @no_var_expand
    @line_cell_magic
    @without_our_frames
    def stream(self, line: str, cell: str | None = None) -> Any:
        """Follow a live stream under this cell."""
        called = take_called()
        refuse_keys(line, cell)
        parsed = read_stream(line, cell or "")
        if parsed.help:
            print(stream_parser().format_help())
            return None
        waits = is_timed() or self._waits(parsed)
        if waits and not self._session.requests.in_cell:
            if parsed.wait:
                raise UsageError(
                    "--wait needs a cell: here, as in a button's callback, it would "
                    "hold up the kernel. In a coroutine, await nbstream.stream(…)."
                )
            waits = False
        if not waits and not self._session.host.runs_between_cells:
            raise UsageError(
                "--background needs a notebook: a terminal's event loop stands still "
                "between cells"
            )
        # Where nobody awaits us, waiting holds this thread, and so needs another.
        blocks = waits and not called.awaited
        if blocks and self._session.is_in_background:
            raise UsageError(
                "%stream cannot wait in a coroutine that runs in its stream's loop: "
                "write `await nbstream.stream(…)`."
            )
        shown = self._start(parsed, in_thread=blocks)
        if parsed.name is not None:
            self._shell.user_ns[parsed.name] = shown
        result = shown if called.assigned else None
        if blocks:
            self._session.block(shown)
        elif waits:
            return self._show_and_wait(shown, result)
        else:
            self._session.show(shown)
        return result

    @no_var_expand
    @line_magic
    @without_our_frames
    def streams(self, line: str) -> Awaitable[None] | None:
        """List this kernel's streams, or say `cancel`, `show` or `wait` and which; or
        `chat` and which conversation."""
        called = take_called()
        parsed = read_streams(line)
        if parsed.help:
            print(streams_parser().format_help())
            return None
        if parsed.action is None:
            self._session.show_table()
            return None
        if parsed.action == "chat":
            act_on_chat(parsed, self._chats, self._shell.user_ns, self._session)
            return None
        if (more := parsed.chat_action) is not None:
            raise UsageError(f"Expected no more after the name, got {more}")
        chosen = self._find_streams(parsed.action, parsed.name)
        if parsed.action == "wait":
            if called.awaited:
                return self._session.wait(*chosen)
            may_block = self._session.requests.in_cell
            if not (chosen and may_block and self._session.can_block(chosen)):
                raise UsageError(
                    "%streams wait can only stand in a cell of its own, not in a "
                    "function or under another magic: the stream runs in the loop that "
                    "this would hold. In a coroutine, await the stream's handle."
                )
            self._session.block_until_ended(chosen)
            return None
        for stream in chosen:
            if parsed.action == "cancel":
                stream.cancel()
            else:
                self._session.show(stream)
        return None

    stream.__doc__ = f"{stream.__doc__}\n\n{stream_parser().format_help()}"

    # -- from a line to a stream --------------------------------------------------

    def _start(self, line: StreamLine, *, in_thread: bool) -> Stream | Comparison:
        """Start what the cell names, and return it."""
        defaults = self.defaults
        streams: Sequence[Stream]
        shown: Stream | Comparison
        if named := find_models(line, self._shell.user_ns):
            refuse_to_repeat()
            chat = None
            if (name := line.model.chat) is not None:
                chat = self._chats.setdefault(name, Chat(name))
            streams = answers = open_answers(
                named,
                line,
                self._shell.user_ns,
                defaults,
                chat,
                self._session.cell,
            )
            shown = answers[0] if len(answers) == 1 else Comparison(answers)
        else:
            shown = open_stream(self._shell, line, defaults, self._current)
            streams = [shown]
        in_thread = in_thread or defaults.choose_thread(line.thread)
        for stream in streams:
            self._session.start(stream, in_thread=in_thread)
        return shown

    # -- waiting -----------------------------------------------------------------

    async def _show_and_wait(
        self, shown: Stream | Comparison, result: Stream | Comparison | None
    ) -> Stream | Comparison | None:
        await self._session.show_and_wait(shown)
        return result

    def _waits(self, line: StreamLine) -> bool:
        if line.wait is not None:
            return line.wait
        # The next question of a chat is sent with the answer to this one.
        waits = self._session.host.waits or line.model.chat is not None
        return self.wait == "always" or (self.wait == "auto" and waits)

    def _await_waiting(self, lines: list[str]) -> list[str]:
        return await_magics(lines, self._is_awaited, at_top=may_await(self._shell))

    def _is_awaited(self, magic: str, line: str = "", cell: str = "") -> bool:
        try:
            if magic == "stream":
                return self._waits(read_stream(line, cell))
            if magic == "streams":
                return read_streams(line).action == "wait"
        except UsageError:
            pass  # the magic itself will say what is wrong
        return False

    def _find_streams(self, action: str, name: str | None) -> list[Stream]:
        if name is None:
            raise UsageError(f"Expected a stream's name: %streams {action} NAME|all")
        if name == "all":
            return [stream for stream in self._session.streams if not stream.done]
        stream = self._session.named(name)
        if stream is None:
            known = ", ".join(s.name for s in self._session.streams) or "none"
            raise UsageError(
                f"Expected a stream's name, got {name}. There are: {known}"
            )
        return [stream]
