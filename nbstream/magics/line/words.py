"""Split the line of a magic into words, as a shell does.

Two things differ from a POSIX shell, so that Python and JSON need no quotes: brackets
hold a word together and keep it as it was typed, and a backslash before what needs
none, such as a letter, stays, as in a Windows path. So do the two of a server.
"""

from __future__ import annotations

import os
import re

_BRACKETS = {"(": ")", "[": "]", "{": "}"}

# One piece of a line outside brackets (POSIX.1-2024, 2.2 Quoting; 2.2.4 is `$'…'`).
_PIECE = re.compile(
    r"""
    (?P<space> (?: \s | (?<!\S) \\ (?:\s|$) )+ )  # `\` between words: a line goes on
  | \\ \n                                         # and within one
  | \$ ' (?P<escaped> (?: [^'\\] | \\. )* ) '
  | ' (?P<literal> [^']* ) '
  | " (?P<quoted> (?: [^"\\] | \\. )* ) "
  | (?<![^\s:=@]) (?P<server> \\\\ ) (?= [\w.-]+ \\ \w )   # \\SERVER\SHARE
  | \\ (?P<kept> [^\w.-] )
  | \$ (?: (?P<name> [A-Za-z_]\w* ) | \{ (?P<braced> [A-Za-z_]\w* ) \} )
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_QUOTES = re.compile(
    r'\\(?P<kept>[$`"\\])|\\\n|\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})'
)
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))"
    r"|([^\\]+)",
    re.DOTALL,
)
_CONTROLS = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True))


class Word(str):
    """One word of a line: a string without its quotes."""

    raw: str
    """The word as typed."""

    def __new__(cls, raw: str, text: str) -> Word:
        word = super().__new__(cls, text)
        word.raw = raw
        return word


def split(line: str) -> list[Word]:
    """Split a line into words.

    `$NAME` and `${NAME}` stand for an environment variable that is set, where they do
    in a shell; others are left alone.

    Raises:
        ValueError: if a quote is not closed.
    """
    words: list[Word] = []
    begin = at = 0
    text: list[str] = []
    while at < len(line):
        if line[at] in _BRACKETS:
            end = _end_of_brackets(line, at)
            text.append(line[at:end])
            at = end
            continue
        piece = _PIECE.match(line, at)
        if piece is None:
            if line[at] in "'\"":
                raise _unclosed_error(line[at], line)
            text.append(line[at])
            at += 1
            continue
        at = piece.end()
        if piece["space"] is None:
            text.append(_unquote(piece))
            continue
        if piece.start() > begin:
            words.append(Word(line[begin : piece.start()], "".join(text)))
        begin, text = at, []
    if at > begin:
        words.append(Word(line[begin:], "".join(text)))
    return words


def join_continued(line: str, below: str) -> tuple[str, str]:
    """Take what continues a line from the text below it: lines after a backslash,
    and, where a curl command was pasted, lines within an open quote.

    Returns:
        the whole line, and what is left below it.
    """
    rest = below.splitlines(keepends=True)
    pasted = line.split()[:1] == ["curl"]
    while rest and (_ends_in_backslash(line) or (pasted and _is_open(line))):
        if _ends_in_backslash(line):
            line = line.rstrip(" \t")  # only next to the newline does it join
        line += "\n" + rest.pop(0).removesuffix("\n")
    return line, "".join(rest)


def _ends_in_backslash(line: str) -> bool:
    line = line.rstrip(" \t")
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _is_open(line: str) -> bool:
    try:
        split(line)
    except ValueError:
        return True
    return False


def _end_of_brackets(line: str, at: int) -> int:
    """Return where the brackets that open at `at` are closed, else the line's end. In
    them, quotes are Python's and JSON's."""
    closing: list[str] = []
    quote = ""
    escaped = False
    for end in range(at, len(line)):
        character = line[end]
        if escaped:
            escaped = False
        elif quote:
            if character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in _BRACKETS:
            closing.append(_BRACKETS[character])
        elif character == closing[-1]:
            closing.pop()
            if not closing:
                return end + 1
    if quote:
        raise _unclosed_error(quote, line)
    return len(line)


def _unclosed_error(quote: str, line: str) -> ValueError:
    return ValueError(f"expected a closing {quote} in: {line.strip()}")


def _unquote(piece: re.Match[str]) -> str:
    for quoted in ("literal", "server", "kept"):
        if piece[quoted] is not None:
            return piece[quoted]
    if piece["quoted"] is not None:
        return _IN_QUOTES.sub(_expand, piece["quoted"])
    if piece["escaped"] is not None:
        return _decode_ansi_c(piece["escaped"])
    return _expand(piece)


def _expand(piece: re.Match[str]) -> str:
    """Return what a piece outside single quotes stands for."""
    name = piece["name"] or piece["braced"]
    if name:
        return os.environ.get(name, piece[0])
    return piece["kept"] or ""


def _decode_ansi_c(text: str) -> str:
    """Return the text of `$'…'`, as bash reads it: hexadecimal and octal digits are
    bytes of UTF-8. The two halves of a character, as browsers copy it, are joined."""
    found = ""
    run = bytearray()
    for piece in _ESCAPE.finditer(text):
        byte, short, long, octal, control, plain = piece.groups()
        if byte or octal:
            run.append(int(byte, 16) if byte else int(octal, 8) & 0xFF)
            continue
        found += run.decode("utf-8", "replace")
        run.clear()
        if short or long:
            code = int(short or long, 16)
            found += chr(code) if code <= 0x10FFFF else "\ufffd"
        elif control is None:
            found += plain
        else:
            kept = control if control in "'\"?\\" else piece[0]
            found += _CONTROLS.get(control, kept)
    found += run.decode("utf-8", "replace")
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
