"""Plain text in events: pieces of one text, lines of a text, or lines of a log.

The standard says nothing of it: one server sends an event for each token, another for
each line. What tells them apart is how they begin and end: pieces carry the blanks
between words, lines do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from ...updates import LogLine, Text, Update

_TIME = (
    r"\[?(?:\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?"
    r"|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d\d:\d\d:\d\d)"
    r"(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
)
_LEVEL_WORD = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)"
_LEVEL_LOW = _LEVEL_WORD.lower()
# Of logfmt, and of a console: `time=… level=info`, `info: up`, `[info] up`.
_LOW = rf"(?:(?:time|ts|level|lvl)=\S+ +\w+=|{_LEVEL_LOW}:\s+\S|\[{_LEVEL_LOW}\]\s*\S)"
_PRIORITY = r"(?:<\d{1,3}>(?:1 )?)?"  # syslog's
_ONLY_TIME = re.compile(rf"{_TIME}\s*")
_LOG_LINE = re.compile(
    rf"\s*{_PRIORITY}(?:{_LOW}|{_TIME}[\s:,|-]+\S|[\[(<]?{_LEVEL_WORD}[\])>]?(?:[\s:|-]+\S))"
)
_LEVEL = re.compile(
    rf"\b(?P<word>{_LEVEL_WORD})\b|(?:\[|\blevel=|\blvl=)(?P<low>{_LEVEL_LOW})\b"
    rf"|^\s*(?P<first>{_LEVEL_LOW}):"
)
_LEVEL_WITHIN = 80  # characters; further on it is more likely a word of the message
_ESCAPE = re.compile(r"\x1b\[[0-9;:]*m")
# Each character has one place in these: they take time in proportion to a text.
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?%?")
_WORDS = re.compile(r"\w.*?(?<=\S)[^\S\n]+\S*\w")
_PUNCTUATION = re.compile(r"[^\w\s]+")
_LINES = (("line",), ("log",), ("log_line",), ("logLine",), ("stdout",), ("stderr",))
"""The ends of the places at which a text is a line."""
_ONE_LINE = 8192  # characters of an unfinished line that are looked at
_LONGEST_LINE = 100_000
"""Characters of a line whose end has not come."""


class Layout(Enum):
    """How the texts of events stand to one another."""

    PIECES = "pieces"
    """Pieces of one text: joined as they come."""
    LINES = "lines"
    """A line of text each."""
    LOG = "log"
    """A line of a log each, with levels and colours."""


class Piece(NamedTuple):
    """The text of one event."""

    text: str
    exact: bool
    """It is known to be cut anywhere, such as a chunk of `text/plain`: only the line
    ends in it part lines."""
    place: tuple[str | int, ...] = ()
    """Where it stood in the event's object; empty for the data itself."""


def layout_of(pieces: Sequence[Piece]) -> Layout:
    """Return how the first texts of a stream stand to one another."""
    texts = [piece.text for piece in pieces if piece.text]
    if not texts:
        return Layout.PIECES
    if any("\x1b[" in text or _is_redrawn(text) for text in texts):
        return Layout.LOG
    if any(piece.exact for piece in pieces):
        return _layout_of_chunks("".join(texts))
    if all(map(_is_number_or_time, texts)):
        return Layout.LINES
    marked = sum(_LOG_LINE.match(text) is not None for text in texts)
    if 2 * marked > len(texts) or (marked and _LOG_LINE.match(texts[0])):
        return Layout.LOG
    if all(piece.place[-1:] in _LINES for piece in pieces):
        return Layout.PIECES if texts[0].endswith("\n") else Layout.LINES
    if any(map(_is_piece, texts)):
        return Layout.PIECES
    # One call of a regular expression holds every thread until it returns.
    worded = sum(_WORDS.match(text, 0, _ONE_LINE) is not None for text in texts)
    lines = len(texts) > 1 and 2 * worded >= len(texts)
    return Layout.LINES if lines else Layout.PIECES


def _layout_of_chunks(text: str) -> Layout:
    lines = [line for line in text.split("\n")[:-1] if line.strip()]
    marked = sum(_LOG_LINE.match(line[:_ONE_LINE]) is not None for line in lines)
    return Layout.LOG if lines and 2 * marked > len(lines) else Layout.PIECES


def _is_piece(text: str) -> bool:
    """Whether only a piece of a text begins or ends like this."""
    return (
        text[0].isspace()
        or text[-1].isspace()
        or "\n" in text
        or _PUNCTUATION.fullmatch(text) is not None
        # A sentence goes on: no line begins with its comma.
        or (text[0] in ",.;:!?)" and text[1:2] == " ")
    )


def _is_number_or_time(text: str) -> bool:
    if len(text) > _ONE_LINE:
        return False
    return bool(_NUMBER.fullmatch(text) or _ONLY_TIME.fullmatch(text))


def _is_redrawn(text: str) -> bool:
    return "\r" in text.replace("\r\n", "\n")


class TextJoiner:
    """Makes updates of the texts of events, in one layout.

    Args:
        layout: how they stand to one another.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._line = ""  # in a log: what the last line may go on from
        self._begun = False
        self._place: tuple[str | int, ...] | None = None

    def add(self, piece: Piece) -> Sequence[Update]:
        """Return the updates of one more text."""
        text = piece.text
        if not text:
            return ()
        if self._layout is Layout.LOG:
            return self._logged(piece)
        # Texts of two places are no pieces of one.
        parted = self._layout is Layout.LINES and not piece.exact
        parted = parted or self._place not in (None, piece.place)
        apart = "\n" if self._begun and parted else ""
        self._begun, self._place = not text.endswith("\n"), piece.place
        return (Text(apart + text),)

    def end(self) -> Sequence[Update]:
        """Return what is held back: a line whose end has not come."""
        line, self._line = self._line, ""
        return (log_line(line),) if line and self._begun else ()

    def _logged(self, piece: Piece) -> Sequence[Update]:
        if piece.exact:
            *lines, self._line = lines_of(self._line + piece.text)
            self._begun = bool(self._line)
            return tuple(map(log_line, lines))
        text = piece.text
        # A piece of a line: with what it goes on from, over the line that shows that.
        goes_on = self._line and text[0] == " " and not _LOG_LINE.match(text)
        if goes_on and len(self._line) < _ONE_LINE:
            self._line += text
            return (replace(log_line(self._line), replaces=True),)
        self._line = "" if "\n" in text or "\r" in text else text
        return (log_line(text),)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; the last is what has not ended. One that goes on for
    too long ends, for it would be held back for ever."""
    lines = text.split("\n")
    return [*lines, ""] if len(lines[-1]) > _LONGEST_LINE else lines


def log_line(text: str) -> LogLine:
    """Return a line of a log, with the level that it names, if it names one."""
    # A terminal's escapes end words, as blanks do.
    shown = _ESCAPE.sub(" ", text[: 2 * _LEVEL_WITHIN]) if "\x1b" in text else text
    found = _LEVEL.search(shown, 0, _LEVEL_WITHIN)
    return LogLine(text, found[found.lastgroup or 0].lower() if found else "")
