"""Terminal escapes in lines of a log: colour is kept and read, all else is removed.

The twin of `frontend/src/ansi.ts`; `tests/ansi_cases.json` holds both to the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from .colour import RGB, on_background, on_page, palette

# "Select graphic rendition": colours and weights. The one escape that is kept.
_SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

# No character can begin one of these and also be inside of it, which keeps the search
# linear in what a hostile server sends.
_REMOVED = re.compile(
    r"(?P<kept>\x1b\[[0-9;:]{0,64}m)"
    # A title, a link, a picture: a string with an end. Without its end it is text.
    r"|(?:\x1b[PX^_\]]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
    # Moves of the cursor, erasing, and all else that a terminal would obey.
    r"|(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?"
    r"|\x1b[\x20-\x2f]*[\x30-\x7e]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)

# What one line can hand to the next; more is not a log but an attack.
_MAX_CARRIED = 8


def split_lines(message: str) -> list[str]:
    """The lines of a message, as a terminal leaves them: what a carriage return went
    back over is gone, and no escape but colours is left. Colours go on to the next
    line."""
    if _UNPRINTABLE.search(message) is None:
        return [message]
    if "\n" not in message and "\r" not in message:
        return [_REMOVED.sub(_kept, message)]  # as below, and sooner
    lines = []
    on = ""
    for line in message.replace("\r\n", "\n").rstrip("\r\n").split("\n"):
        before, _, last = line.rstrip("\r").rpartition("\r")
        if before:
            on = find_active_colours(on + before)
        lines.append(on + _REMOVED.sub(_kept, last))
        on = find_active_colours(lines[-1])
    return lines


def _kept(found: re.Match[str]) -> str:
    return found["kept"] or ""


def find_active_colours(text: str) -> str:
    """The colours that are on where a text ends, as escapes that turn them on."""
    on: list[str] = []
    for params in _SGR.findall(text):
        on = [] if params.strip("0") == "" else [*on[1 - _MAX_CARRIED :], params]
    return "".join(f"\x1b[{params}m" for params in on)


def strip_ansi(line: str) -> str:
    """A line of `lines_of` without colours."""
    return _SGR.sub("", line)


def render_html(line: str) -> str:
    """A line of `lines_of` as HTML, coloured by inline styles."""
    return "".join(
        f'<span style="{css}">{escape(text)}</span>' if css else escape(text)
        for text, css in parse_spans(line)
    )


@dataclass(frozen=True, slots=True)
class _Pen:
    """What is drawn with, at one place of a line."""

    fg: RGB | None = None
    bg: RGB | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


_FLAGS: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}


def parse_spans(line: str) -> Iterator[tuple[str, str]]:
    """The pieces of a line, each with its CSS; none of them is empty."""
    pen = _Pen()
    # Split by a pattern with a group: text and parameters in turn.
    parts = _SGR.split(line)
    for i, part in enumerate(parts):
        if i % 2:
            pen = _after(pen, part)
        elif part:
            yield part, _css(pen)


@functools.lru_cache(256)
def _after(pen: _Pen, params: str) -> _Pen:
    fields = iter(params.split(";"))
    for field in fields:
        head, *rest = field.split(":")
        code = int(head or 0)
        if code == 0:
            pen = _Pen()
        elif code in (38, 48, 58):
            colour = _colour(rest or _old_form(fields))
            if colour is not None and code == 38:
                pen = replace(pen, fg=colour)
            elif colour is not None and code == 48:  # 58 is the underline's
                pen = replace(pen, bg=colour)
        elif code == 4 and rest == ["0"]:
            pen = replace(pen, underline=False)
        elif code in _FLAGS:
            pen = replace(pen, **_FLAGS[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            pen = replace(pen, fg=palette(code - 30 if code < 90 else code - 82))
        elif 40 <= code <= 47 or 100 <= code <= 107:
            pen = replace(pen, bg=palette(code - 40 if code < 100 else code - 92))
        elif code == 39:
            pen = replace(pen, fg=None)
        elif code == 49:
            pen = replace(pen, bg=None)
    return pen


def _old_form(fields: Iterator[str]) -> list[str]:
    """`38;5;n` and `38;2;r;g;b`: the colour is in the fields that follow."""
    mode = next(fields, "")
    return [mode, *(next(fields, "") for _ in range({"5": 1, "2": 3}.get(mode, 0)))]


def _colour(parts: list[str]) -> RGB | None:
    mode, *rest = parts
    # `38:2:space:r:g:b` has one more field than `38:2:r:g:b`.
    values = rest[:1] if mode == "5" else rest[1:4] if len(rest) > 3 else rest
    if not all(value.isdigit() and int(value) < 256 for value in values):
        return None
    if mode == "5" and values:
        return palette(int(values[0]))
    if mode == "2" and len(values) == 3:
        return int(values[0]), int(values[1]), int(values[2])
    return None


@functools.lru_cache(256)
def _css(pen: _Pen) -> str:
    return ";".join(_declarations(pen))


def _declarations(pen: _Pen) -> Iterable[str]:
    fg, bg = pen.fg, pen.bg
    if pen.reverse:
        fg, bg = bg, fg or (190, 190, 190)
    if bg is not None:
        yield f"background:{_hex(bg)};color:{_hex(on_background(fg, bg))}"
    elif fg is not None and (colour := on_page(fg)) is not None:
        # Part of the text's own colour: darker on a light page, lighter on a dark one.
        yield f"color:color-mix(in srgb,{_hex(colour)} 75%,currentColor)"
    if pen.bold:
        yield "font-weight:700"
    if pen.dim:
        yield "opacity:.75"
    if pen.italic:
        yield "font-style:italic"
    under, strike = pen.underline * "underline", pen.strike * "line-through"
    if line := f"{under} {strike}".strip():
        yield f"text-decoration:{line}"


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
