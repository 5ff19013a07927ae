"""Adjust colours so that they are readable on light and dark pages.

Frozen output does not know the theme in which it will be read. So a colour is moved to
a middle luminance, and mixed with the colour of the page's text where it is shown. The
twin is `frontend/src/ui/colour.ts`.
"""

from __future__ import annotations

RGB = tuple[int, int, int]

_NAMED = (
    (0, 0, 0),
    (205, 49, 49),
    (13, 148, 80),
    (193, 156, 0),
    (36, 114, 200),
    (188, 63, 188),
    (17, 150, 190),
    (229, 229, 229),
    (102, 102, 102),
    (241, 76, 76),
    (35, 209, 139),
    (245, 245, 67),
    (59, 142, 234),
    (214, 112, 214),
    (41, 184, 219),
    (255, 255, 255),
)
_LEVELS = (0, 95, 135, 175, 215, 255)

_MIDDLE = 0.18
"""A luminance with about the same contrast to black as to white."""
_MIN_CONTRAST = 4.5
"""The contrast that WCAG 2 (1.4.3) requires of text."""


def palette(index: int) -> RGB:
    """Return one of a terminal's 256 colours."""
    if index < 16:
        return _NAMED[index]
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    index -= 16
    return _LEVELS[index // 36], _LEVELS[index // 6 % 6], _LEVELS[index % 6]


def on_page(colour: RGB) -> RGB | None:
    """Return the colour for text on the page. None for black, white and grey near them,
    which a theme could hide: use the page's text colour."""
    bright = luminance(colour)
    if max(colour) - min(colour) < 16 and not 0.05 < bright < 0.6:
        return None
    red, green, blue = (_to_linear(part) for part in colour)
    if bright >= _MIDDLE:
        scale = _MIDDLE / bright
        return _to_rgb(red * scale, green * scale, blue * scale)
    white = (_MIDDLE - bright) / (1 - bright)
    return _to_rgb(
        red + (1 - red) * white,
        green + (1 - green) * white,
        blue + (1 - blue) * white,
    )


def on_background(colour: RGB | None, background: RGB) -> RGB:
    """Return the colour for text on a coloured background: the given one if it has
    enough contrast, else black or white."""
    if colour is not None and contrast(colour, background) >= _MIN_CONTRAST:
        return colour
    black, white = (0, 0, 0), (255, 255, 255)
    darker = contrast(black, background) > contrast(white, background)
    return black if darker else white


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it, but with a
    gamma of 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: RGB) -> float:
    """Return the relative luminance of a colour, 0 to 1."""
    red, green, blue = (_to_linear(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_linear(part: int) -> float:
    value: float = (part / 255) ** 2.2
    return value


def _to_rgb(red: float, green: float, blue: float) -> RGB:
    return _to_byte(red), _to_byte(green), _to_byte(blue)


def _to_byte(value: float) -> int:
    # Not round(), which rounds halves to even; JavaScript rounds them up.
    return int(255 * min(1.0, value) ** (1 / 2.2) + 0.5)
