"""Detect how plain text in events is joined: as pieces, as lines, or as a log.

The SSE standard does not define it: one server sends an event for each token, another
for each line. They differ in how they begin and end: pieces contain the spaces between
words, lines do not.
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
# logfmt and consoles: `time=… level=info`, `info: up`, `[info] up`.
_LOW = rf"(?:(?:time|ts|level|lvl)=\S+ +\w+=|{_LEVEL_LOW}:\s+\S|\[{_LEVEL_LOW}\]\s*\S)"
_PRIORITY = r"(?:<\d{1,3}>(?:1 )?)?"  # of syslog
_ONLY_TIME = re.compile(rf"{_TIME}\s*")
_LOG_LINE = re.compile(
    rf"\s*{_PRIORITY}(?:{_LOW}|{_TIME}[\s:,|-]+\S|[\[(<]?{_LEVEL_WORD}[\])>]?(?:[\s:|-]+\S))"
)
_LEVEL = re.compile(
    rf"\b(?P<word>{_LEVEL_WORD})\b|(?:\[|\blevel=|\blvl=)(?P<low>{_LEVEL_LOW})\b"
    rf"|^\s*(?P<first>{_LEVEL_LOW}):"
)
_LEVEL_WITHIN = 80  # characters; later, it is more likely a word of the message
_ESCAPE = re.compile(r"\x1b\[[0-9;:]*m")
# These match in linear time: no character can match at two places.
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?%?")
_WORDS = re.compile(r"\w.*?(?<=\S)[^\S\n]+\S*\w")
_PUNCTUATION = re.compile(r"[^\w\s]+")
_LINE_FIELDS = (
    ("line",),
    ("log",),
    ("log_line",),
    ("logLine",),
    ("stdout",),
    ("stderr",),
)
"""The last steps of the paths at which a text is a line."""
_MAX_MATCHED = 8192  # characters of a text that a regular expression matches
_MAX_LINE = 100_000
"""Characters of an unfinished line in the buffer."""


class Layout(Enum):
    """Name the ways to join the texts of events."""

    PIECES = "pieces"
    """Pieces of one text: concatenated."""
    LINES = "lines"
    """One line of text each."""
    LOG = "log"
    """One line of a log each, with levels and colours."""


class Piece(NamedTuple):
    """Hold the text of one event."""

    text: str
    exact: bool
    """True if the text may be split anywhere, such as a chunk of `text/plain`: only its
    own line ends separate lines."""
    place: tuple[str | int, ...] = ()
    """Its path in the event's object; empty for the data itself."""


def layout_of(pieces: Sequence[Piece]) -> Layout:
    """Return the layout that the first texts of a stream have."""
    texts = [piece.text for piece in pieces if piece.text]
    if not texts:
        return Layout.PIECES
    if any("\x1b[" in text or _has_carriage_return(text) for text in texts):
        return Layout.LOG
    if any(piece.exact for piece in pieces):
        return _layout_of_chunks("".join(texts))
    if all(map(_is_number_or_time, texts)):
        return Layout.LINES
    marked = sum(_LOG_LINE.match(text) is not None for text in texts)
    if 2 * marked > len(texts) or (marked and _LOG_LINE.match(texts[0])):
        return Layout.LOG
    if all(piece.place[-1:] in _LINE_FIELDS for piece in pieces):
        return Layout.PIECES if texts[0].endswith("\n") else Layout.LINES
    if any(map(_is_piece, texts)):
        return Layout.PIECES
    # A regular expression holds the GIL until it returns: limit its input.
    worded = sum(_WORDS.match(text, 0, _MAX_MATCHED) is not None for text in texts)
    lines = len(texts) > 1 and 2 * worded >= len(texts)
    return Layout.LINES if lines else Layout.PIECES


def _layout_of_chunks(text: str) -> Layout:
    lines = [line for line in text.split("\n")[:-1] if line.strip()]
    marked = sum(_LOG_LINE.match(line[:_MAX_MATCHED]) is not None for line in lines)
    return Layout.LOG if lines and 2 * marked > len(lines) else Layout.PIECES


def _is_piece(text: str) -> bool:
    """True if a text begins or ends as only pieces do."""
    return (
        text[0].isspace()
        or text[-1].isspace()
        or "\n" in text
        or _PUNCTUATION.fullmatch(text) is not None
        # A sentence continues: no line begins with its comma.
        or (text[0] in ",.;:!?)" and text[1:2] == " ")
    )


def _is_number_or_time(text: str) -> bool:
    if len(text) > _MAX_MATCHED:
        return False
    return bool(_NUMBER.fullmatch(text) or _ONLY_TIME.fullmatch(text))


def _has_carriage_return(text: str) -> bool:
    return "\r" in text.replace("\r\n", "\n")


class TextJoiner:
    """Join the texts of events in one layout, and return them as updates.

    Args:
        layout: how the texts are joined.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._line = ""  # in a log: the last line, which the next piece may continue
        self._line_is_open = False
        self._place: tuple[str | int, ...] | None = None

    def add(self, piece: Piece) -> Sequence[Update]:
        """Return the updates of the next text."""
        text = piece.text
        if not text:
            return ()
        if self._layout is Layout.LOG:
            return self._add_to_log(piece)
        # Texts at two paths are not pieces of one text.
        is_separate = self._layout is Layout.LINES and not piece.exact
        is_separate = is_separate or self._place not in (None, piece.place)
        separator = "\n" if self._line_is_open and is_separate else ""
        self._line_is_open, self._place = not text.endswith("\n"), piece.place
        return (Text(separator + text),)

    def end(self) -> Sequence[Update]:
        """Return the unfinished line in the buffer."""
        line, self._line = self._line, ""
        return (log_line(line),) if line and self._line_is_open else ()

    def _add_to_log(self, piece: Piece) -> Sequence[Update]:
        if piece.exact:
            *lines, self._line = lines_of(self._line + piece.text)
            self._line_is_open = bool(self._line)
            return tuple(map(log_line, lines))
        text = piece.text
        # It continues the last line: replace that line by both together.
        continues = self._line and text[0] == " " and not _LOG_LINE.match(text)
        if continues and len(self._line) < _MAX_MATCHED:
            self._line += text
            return (replace(log_line(self._line), replaces=True),)
        self._line = "" if "\n" in text or "\r" in text else text
        return (log_line(text),)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; the last one is unfinished, or empty. An unfinished
    line over the limit is ended, as the buffer is bounded."""
    lines = text.split("\n")
    return [*lines, ""] if len(lines[-1]) > _MAX_LINE else lines


def log_line(text: str) -> LogLine:
    """Return a line of a log with the level in it; empty if there is none."""
    # Escape sequences of a terminal end words, as spaces do.
    shown = _ESCAPE.sub(" ", text[: 2 * _LEVEL_WITHIN]) if "\x1b" in text else text
    found = _LEVEL.search(shown, 0, _LEVEL_WITHIN)
    return LogLine(text, found[found.lastgroup or 0].lower() if found else "")
