"""A stream in a terminal: its updates are printed as they arrive."""

from __future__ import annotations

import sys
from typing import TextIO

from ..content.blocks import UsageBlock
from ..content.blocks.progress import ProgressBlock
from ..limits import Limits
from ..platforms.consoles import replace_unencodable
from ..rendering import ansi
from ..rendering.format import format_metric, format_value
from ..streams.handle import Stream
from ..text.invisible_characters import sanitise_for_terminal
from ..updates import (
    Citation,
    Gap,
    LogLine,
    Metric,
    Note,
    Progress,
    Raw,
    Reasoning,
    Row,
    Stopped,
    Text,
    ToolCall,
    Update,
    Usage,
)

# Notes for ends that no update reports.
_CLOSING = {"cancelled": "Cancelled", "stopping": "Stopping at its next `yield`"}
_DIM, _NOT_DIM = "\x1b[2m", "\x1b[22m"


async def print_stream(stream: Stream) -> None:
    """Print the updates of a stream until it ends."""
    await TerminalView(sys.stdout).follow(stream)


def print_text(text: str) -> None:
    """Print text of a stream: without control characters that would act on a terminal,
    and whatever the encoding of the output is."""
    print(replace_unencodable(sanitise_for_terminal(text), sys.stdout))


class TerminalView:
    """Writes updates: text as it is, everything else on a line of its own.

    Where the output is a terminal, a progress line overwrites the one before, and
    reasoning is dimmed; elsewhere reasoning has a prefix.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._at_line_start = True
        # The content of the unfinished line: text (None), reasoning, a call, progress.
        self._flow: object = None
        self._is_dim = False
        self._call = (-1, "", "")
        self._usage = UsageBlock(Limits())
        self._bars = ProgressBlock(Limits())

    async def follow(self, stream: Stream) -> None:
        """Write the updates until the end, and how it ended. A failure is not written:
        whoever awaits the stream raises it."""
        try:
            async for update in stream:
                self.write(update)
        except BaseException as error:
            if error is not stream.error:
                raise
        finally:
            self.end(_CLOSING.get(stream.state, ""))

    def end(self, note: str = "") -> None:
        """Write what is only known at the end, and a note on how it ended."""
        self._break_line()
        for line in (self._usage.plain(), f"[{note}]" * bool(note)):
            if line:
                self._line(line)
        self._out.flush()

    def write(self, update: Update) -> None:
        """Write one update."""
        match update:
            case Text(text):
                # Text may continue after a log line as if that were not there.
                if self._flow is not None:
                    self._enter(None)
                self._put(text)
            case Reasoning(text):
                if self._enter("reasoning"):
                    self._dim() if self._is_terminal else self._put("[Reasoning] ")
                self._put(text)
            case ToolCall(index, id, name, arguments):
                call = (index, id or self._call[1], name or self._call[2])
                if index != self._call[0]:
                    call = (index, id, name)
                if self._enter(call):
                    self._put(f"[Tool call] {call[2]} ".replace("  ", " "))
                self._call = call
                self._put(" ".join(arguments.splitlines()))
            case Progress():
                self._bars.add(update)
                self._progress(self._bars.line(update.name))
            case LogLine(message, level):
                # The rest of a colour, without its escape, would be noise.
                message = "\n".join(map(ansi.strip_ansi, ansi.split_lines(message)))
                has_level = update.continues or level.upper() in message
                self._line(message if has_level else f"{level.upper():<8}{message}")
            case Metric(name, value, step):
                self._line(format_metric(name, value, step))
            case Row(data):
                self._line(format_value(data))
            case Usage():
                self._usage.add(update)  # it grows, so it is written at the end
            case Citation(title, url, quote):
                parts = filter(None, (title, url, quote and f"“{quote}”"))
                self._line(f"[Source] {' '.join(' '.join(parts).split())}")
            case Note(message) | Stopped(_, message):
                if message:
                    self._line(f"[{message}]")
            case Gap(lost):
                self._line(
                    f"[Gap: {'some' if lost is None else f'{lost:,}'} events lost]"
                )
            case Raw(event, data):
                self._line(f"{event}: {data}")
                if update.hint:
                    self._line(f"  {update.hint}")
        self._out.flush()

    def _enter(self, flow: object) -> bool:
        """Start a line for this content, unless the unfinished line holds it. Returns
        whether it started one."""
        if self._flow == flow:
            return False
        self._break_line()
        self._flow = flow
        return True

    def _progress(self, line: str) -> None:
        if not self._is_terminal:
            self._line(line)
            return
        self._enter("progress")
        self._out.write("\r")
        self._put(line)
        self._out.write("\x1b[K")

    def _dim(self) -> None:
        self._out.write(_DIM)
        self._is_dim = True

    def _break_line(self) -> None:
        if self._is_dim:
            self._out.write(_NOT_DIM)
            self._is_dim = False
        if not self._at_line_start:
            self._out.write("\n")
        self._at_line_start = True
        self._flow = None

    def _line(self, line: str) -> None:
        self._break_line()
        self._put(f"{line}\n")

    def _put(self, text: str) -> None:
        shown = replace_unencodable(sanitise_for_terminal(text), self._out)
        if shown:
            self._out.write(shown)
            self._at_line_start = shown[-1] == "\n"
