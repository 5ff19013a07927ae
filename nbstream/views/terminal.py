"""A stream in a terminal: printed as it comes."""

from __future__ import annotations

import re
from typing import TextIO

from ..blocks.markup import cell
from ..blocks.progress import line_of
from ..stream import Stream
from ..updates import LogLine, Metric, Progress, Raw, Row, Text, Update

# A stream could otherwise move the cursor, set the title or answer for the user.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class TerminalView:
    """Writes updates: text as it is, everything else a line each.

    Where the output is a terminal, a progress line is written over the one before.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._overwrites = out.isatty()
        self._at_line_start = True
        self._on_progress = False

    async def follow(self, stream: Stream) -> None:
        """Write what comes until the end. A failure is left to whoever awaits the
        stream; how it ended otherwise is written."""
        try:
            async for update in stream:
                self.write(update)
        except BaseException as error:
            if error is not stream.error:
                raise
        finally:
            self._break_line()
            if stream.state == "cancelled":
                self._line("[Cancelled]")
            self._out.flush()

    def write(self, update: Update) -> None:
        """Write one update."""
        match update:
            case Text(text):
                self._break_progress()
                self._put(text)
            case Progress():
                self._progress(line_of(update))
            case LogLine(message, level):
                self._line(f"{level.upper():<8}{message}")
            case Metric(name, value, step):
                at = "" if step is None else f" (step {step:g})"
                self._line(f"{name} = {value:.6g}{at}")
            case Row(data):
                self._line(cell(data))
            case Raw(event, data):
                self._line(f"{event}: {data}")
        self._out.flush()

    def _progress(self, line: str) -> None:
        if not self._overwrites:
            self._line(line)
            return
        if not self._on_progress:
            self._break_line()
        self._out.write("\r")
        self._put(line)
        self._out.write("\x1b[K")
        self._on_progress = True

    def _break_progress(self) -> None:
        if self._on_progress:
            self._break_line()

    def _break_line(self) -> None:
        if not self._at_line_start:
            self._out.write("\n")
        self._at_line_start = True
        self._on_progress = False

    def _line(self, line: str) -> None:
        self._break_line()
        self._put(f"{line}\n")

    def _put(self, text: str) -> None:
        shown = _CONTROLS.sub("", text)
        if shown:
            self._out.write(shown)
            self._at_line_start = shown[-1] == "\n"
