"""Render terminal escapes in log lines: colours become HTML, all others are removed.

The twin is `frontend/src/ui/ansi.ts`; `tests/cases/ansi.json` holds both to the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from .colour import RGB, on_background, on_page, palette

# "Select graphic rendition" (ECMA-48, SGR): colours and weights.
_SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

# No character can both begin an alternative and be inside of it, which keeps the search
# linear on hostile input.
_REMOVED = re.compile(
    r"(?P<kept>\x1b\[[0-9;:]{0,64}m)"
    # A title, a link, a picture: a string with a terminator. Without it, it is text.
    r"|(?:\x1b[PX^_\]]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"
    # Cursor movements, erasing, and other control sequences.
    r"|(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?"
    r"|\x1b[\x20-\x2f]*[\x30-\x7e]?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)

_MAX_CARRIED = 8
"""Colour escapes that one line passes on to the next; real logs have fewer."""


def split_lines(message: str) -> list[str]:
    """Split a message into lines as a terminal shows them: a carriage return overwrites
    its line, and only escapes for colours are left. Colours continue on the next
    line."""
    if _UNPRINTABLE.search(message) is None:
        return [message]
    if "\n" not in message and "\r" not in message:
        return [_REMOVED.sub(_keep_colours, message)]  # a fast path
    lines = []
    on = ""
    for line in message.replace("\r\n", "\n").rstrip("\r\n").split("\n"):
        before, _, last = line.rstrip("\r").rpartition("\r")
        if before:
            on = find_active_colours(on + before)
        lines.append(on + _REMOVED.sub(_keep_colours, last))
        on = find_active_colours(lines[-1])
    return lines


def _keep_colours(found: re.Match[str]) -> str:
    return found["kept"] or ""


def find_active_colours(text: str) -> str:
    """Return the escapes of the colours that are active at the end of a text."""
    on: list[str] = []
    for params in _SGR.findall(text):
        on = [] if params.strip("0") == "" else [*on[1 - _MAX_CARRIED :], params]
    return "".join(f"\x1b[{params}m" for params in on)


def strip_ansi(line: str) -> str:
    """Return a line of `split_lines` without colours."""
    return _SGR.sub("", line)


def render_html(line: str) -> str:
    """Return a line of `split_lines` as HTML, coloured by inline styles."""
    return "".join(
        f'<span style="{css}">{escape(text)}</span>' if css else escape(text)
        for text, css in parse_spans(line)
    )


@dataclass(frozen=True, slots=True)
class _Style:
    """The style of text at one place of a line."""

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
    """Yield the pieces of a line, each with its CSS; no piece is empty."""
    style = _Style()
    # The pattern has a group, so text and parameters alternate.
    parts = _SGR.split(line)
    for i, part in enumerate(parts):
        if i % 2:
            style = _apply_sgr(style, part)
        elif part:
            yield part, _to_css(style)


@functools.lru_cache(256)
def _apply_sgr(style: _Style, params: str) -> _Style:
    fields = iter(params.split(";"))
    for field in fields:
        head, *rest = field.split(":")
        code = int(head or 0)
        if code == 0:
            style = _Style()
        elif code in (38, 48, 58):
            colour = _parse_colour(rest or _read_colour_fields(fields))
            if colour is not None and code == 38:
                style = replace(style, fg=colour)
            elif colour is not None and code == 48:  # 58 is the underline's
                style = replace(style, bg=colour)
        elif code == 4 and rest == ["0"]:
            style = replace(style, underline=False)
        elif code in _FLAGS:
            style = replace(style, **_FLAGS[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, fg=palette(code - 30 if code < 90 else code - 82))
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, bg=palette(code - 40 if code < 100 else code - 92))
        elif code == 39:
            style = replace(style, fg=None)
        elif code == 49:
            style = replace(style, bg=None)
    return style


def _read_colour_fields(fields: Iterator[str]) -> list[str]:
    """Read the parts of a colour from the fields that follow, as in `38;5;n` and
    `38;2;r;g;b`."""
    mode = next(fields, "")
    return [mode, *(next(fields, "") for _ in range({"5": 1, "2": 3}.get(mode, 0)))]


def _parse_colour(parts: list[str]) -> RGB | None:
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
def _to_css(style: _Style) -> str:
    return ";".join(_css_declarations(style))


def _css_declarations(style: _Style) -> Iterable[str]:
    fg, bg = style.fg, style.bg
    if style.reverse:
        fg, bg = bg, fg or (190, 190, 190)
    if bg is not None:
        yield f"background:{_to_hex(bg)};color:{_to_hex(on_background(fg, bg))}"
    elif fg is not None and (colour := on_page(fg)) is not None:
        # Mixed with the colour of the page's text, to suit light and dark themes.
        yield f"color:color-mix(in srgb,{_to_hex(colour)} 75%,currentColor)"
    if style.bold:
        yield "font-weight:700"
    if style.dim:
        yield "opacity:.75"
    if style.italic:
        yield "font-style:italic"
    under, strike = style.underline * "underline", style.strike * "line-through"
    if line := f"{under} {strike}".strip():
        yield f"text-decoration:{line}"


def _to_hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
