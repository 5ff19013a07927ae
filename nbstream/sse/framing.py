"""Frame an event stream: from bytes to the text of whole blocks. No IO.

A block is the lines of one event with the blank line that ends it (WHATWG HTML 9.2.5,
"Parsing an event stream"). Text that has no blank line yet is kept as a list of pieces,
which is joined once, so the work is linear in the input however it is cut.
"""

from __future__ import annotations

import codecs

DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024
"""The default limit on one event, in characters."""

_COMPACT_AT = 64 * 1024  # characters
_JOIN_AT = 4096  # pieces


class BlockFraming:
    """Cuts one connection's bytes into the text of whole blocks.

    The text is without a byte order mark, with U+FFFD for what is not UTF-8, and with
    LF for every end of line. A CR ends its line at once; an LF that follows it in the
    next chunk is then dropped.

    Args:
        max_event_size: the most characters that an open block may have, its lines
            counted whole and comments not at all.
    """

    def __init__(self, max_event_size: int = DEFAULT_MAX_EVENT_SIZE) -> None:
        self.is_idle = False
        """No block is open, and no state of an earlier chunk changes the next text."""
        self.overflowed = False
        """The open block passed `max_event_size`, and its text is dropped."""
        self._limit = max_event_size
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._is_plain = False  # at no byte order mark, within no character or CR LF
        self._after_cr = False
        self._kept: list[str] = []  # whole lines of the open block, without comments
        self._kept_size = 0
        self._tail: list[str] = []  # the text after them, which may hold comments
        self._tail_size = 0
        self._tail_joined = 0
        self._tail_has_lines = False
        self._ends_line = True  # the open block is empty or ends with an end of line

    def feed(self, chunk: bytes) -> list[str]:
        """Return the text of the whole blocks that these bytes complete, in at most two
        parts: the block that was open before, and those after it."""
        text = self._decode(chunk)
        blocks = self._split(text) if text else []
        is_open = self._tail or self._kept
        self.is_idle = self._is_plain and not (is_open or self.overflowed)
        return blocks

    def finish(self) -> list[str]:
        """Drop the open block at the end of the bytes, and return its whole lines."""
        lines = "".join((*self._kept, *self._tail)).split("\n")[:-1]
        self._drop_open()
        return lines

    # -- bytes to text -----------------------------------------------------------

    def _decode(self, chunk: bytes) -> str:
        if self._is_plain:
            try:
                text = chunk.decode()
            except UnicodeDecodeError:
                pass
            else:
                return self._normalise(text) if "\r" in text else text
        text = self._utf8.decode(chunk)
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if "\r" in text:
            text = self._normalise(text)
        part_of_character, may_have_bom = self._utf8.getstate()
        self._is_plain = not (part_of_character or may_have_bom or self._after_cr)
        return text

    def _normalise(self, text: str) -> str:
        if text[-1] == "\r":
            self._after_cr, self._is_plain = True, False
        return normalise_newlines(text)

    # -- text to blocks ----------------------------------------------------------

    def _split(self, text: str) -> list[str]:
        """Return the whole blocks up to the last blank line, and keep the rest."""
        start = 0
        if self._ends_line and text[0] == "\n":
            start = 1
        elif self._tail or self._kept:
            start = _after_first_blank_line(text)
            if start == 0:
                self._keep(text)
                return []
        blocks = []
        if self._tail or self._kept:
            blocks.append("".join((*self._kept, *self._tail, text[:start])))
            self._drop_open()
        end = max(start, _after_last_blank_line(text))
        if end > start:
            blocks.append(text[start:end])
        self._ends_line = True
        if end < len(text):
            self._keep(text[end:])
        return blocks

    # -- the open block ----------------------------------------------------------

    def _keep(self, text: str) -> None:
        """Add text to the open block, within the limit."""
        tail = self._tail
        tail.append(text)
        self._tail_size += len(text)
        self._tail_has_lines = self._tail_has_lines or "\n" in text
        self._ends_line = text[-1] == "\n"
        if len(tail) - self._tail_joined >= _JOIN_AT:
            # A list of single characters takes many times their room.
            tail[self._tail_joined :] = ["".join(tail[self._tail_joined :])]
            self._tail_joined += 1
        within = self._kept_size + self._tail_size <= self._limit
        if within and self._tail_size <= _COMPACT_AT:
            return
        if self._tail_has_lines:
            self._compact()
        size = self._kept_size + self._tail_size
        if self._tail and self._tail[0][0] == ":":
            self._put_tail(":")  # a comment that is still open: drop its text
            size = self._kept_size
        if size > self._limit:
            self._drop_open()
            self.overflowed = True

    def _compact(self) -> None:
        """Move whole lines from the tail to the kept ones, and drop comments: a
        server may send heartbeats for ever without a blank line."""
        lines, _, rest = "".join(self._tail).rpartition("\n")
        kept = "".join(f"{ln}\n" for ln in lines.split("\n") if ln[:1] != ":")
        if kept != "\n":  # the result of no line at all
            self._kept.append(kept)
            self._kept_size += len(kept)
        self._put_tail(rest)

    def _put_tail(self, text: str) -> None:
        self._tail = [text] if text else []
        self._tail_size = len(text)
        self._tail_joined = len(self._tail)
        self._tail_has_lines = False

    def _drop_open(self) -> None:
        self._kept, self._kept_size = [], 0
        self._put_tail("")


def normalise_newlines(text: str) -> str:
    """Return text with LF for every CR LF and CR."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# For both: searching for one character is many times faster than for two.


def _after_first_blank_line(text: str) -> int:
    """Return the index after the first blank line; 0 if there is none."""
    at = 0
    for _ in range(4):
        at = text.find("\n", at) + 1
        if at == 0:
            return 0
        if text[at : at + 1] == "\n":
            return at + 1
    found = text.find("\n\n", at)
    return found + 2 if found >= 0 else 0


def _after_last_blank_line(text: str) -> int:
    """Return the index after the last blank line; 0 if there is none."""
    end = len(text)
    for _ in range(4):
        end = text.rfind("\n", 0, end)
        if end <= 0:
            return 0
        if text[end - 1] == "\n":
            return end + 1
    found = text.rfind("\n\n", 0, end)
    return found + 2 if found >= 0 else 0
