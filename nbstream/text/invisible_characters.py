"""Escape invisible characters that deceive, remove control characters that terminals
obey, and replace lone surrogates, which UTF-8 cannot encode.

The twin is `frontend/src/ui/invisible_characters.ts`;
`tests/cases/invisible_characters.json` holds both to the same.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Embeddings, overrides and isolates (UAX #9); line and paragraph separators; deprecated
# characters; annotations; tags, which copy ASCII invisibly. And controls other than
# white space: a parser of HTML drops some of them, the DOM's methods do not.
_ORDER = (
    "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f"
    "\u202a-\u202e\u2066-\u206f\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f"
)
_ASCII_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x20), 0x7F])
_MARKS = "\u200e\u200f\u061c"
_VARIATIONS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Characters without width: joiners, fillers, soft hyphens. Scripts and emoji need some
# of them in words; in code and addresses they make different texts look the same.
_ZERO_WIDTH = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064"
    "\u3164\ufeff\uffa0"
)
# Right-to-left letters. A direction mark next to them adds no effect that they lack.
_RIGHT_TO_LEFT = re.compile(
    "[\u05be-\u05f4\u0620-\u065f\u066e-\u08c7\ufb1d-\ufdfb\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001eeff]"
)
_NEAR = 60
"""Characters around a direction mark that are searched for right-to-left letters."""
_EDGE = re.compile("[\n<>]")  # ends a line or an element

# The flags of England, Scotland and Wales are spelled with tags.
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
# Scripts in which joiners and non-joiners change the shape of letters.
_JOINING = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18aa\ufb50-\ufdff\ufe70-\ufefc"
)
_EMOJI = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"

_IN_WORDS = (
    f"(?P<kept>{_FLAG})|(?P<mark>[{_MARKS}])"
    f"|(?:[{_ORDER}]|(?<=[{_VARIATIONS}])[{_VARIATIONS}])+"
)
_IN_CODE = (
    f"(?P<kept>{_FLAG}|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|(?<=[{_EMOJI}])(?:\u200d(?=[{_EMOJI}])|\ufe0f)|(?<=[0-9#*])\ufe0f(?=\u20e3))"
    f"|(?P<mark>(?!))|[{_ORDER}{_MARKS}{_VARIATIONS}{_ZERO_WIDTH}]+"
)
_INVISIBLE = re.compile(f"[{_ORDER}{_MARKS}{_VARIATIONS}{_ZERO_WIDTH}]")
_MAX_ESCAPED = 8
"""Characters of a run that are escaped; further ones are counted."""


def join_surrogates(text: str) -> str:
    """Return text with surrogate pairs joined into one character each, and lone
    surrogates replaced by U+FFFD; the same object if it has no surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def join_surrogates_in(value: Any) -> Any:
    """Return a JSON value with `join_surrogates` applied to its text; the same object
    if it has no surrogates."""
    if isinstance(value, str):
        return join_surrogates(value)
    if isinstance(value, dict | list) and _has_surrogates(value):
        return json.loads(join_surrogates(json.dumps(value, ensure_ascii=False)))
    return value


def _has_surrogates(value: Any) -> bool:
    """Check a JSON value for surrogates in its text."""
    # Serialising it as a check would hold the interpreter lock for too long.
    pending: list[Any] = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            if not one.isascii() and join_surrogates(one) is not one:
                return True
        elif isinstance(one, dict):
            pending += one
            pending += one.values()
        elif isinstance(one, list):
            pending += one
    return False


def sanitise_for_terminal(text: str) -> str:
    """Return text that is safe to print in a terminal: `escape_invisible`, without
    control characters, which could move the cursor, set the title or answer for the
    user. Tabs and line breaks stay.
    """
    return escape_invisible(_CONTROLS.sub("", text))


def escape_invisible(text: str) -> str:
    r"""Escape invisible characters that deceive in words, such as `\u202e`.

    Escaped are the controls of direction (UAX #9, section 2), tags, line and paragraph
    separators, variation selectors after the first, and control characters other than
    white space. Direction marks next to right-to-left letters stay, where Arabic and
    Hebrew use them; joiners stay, which Persian and emoji need.
    """
    return _escape(text, _IN_WORDS)


def escape_invisible_in_code(text: str) -> str:
    """Escape invisible characters in text of which every character counts: code, JSON,
    addresses. As `escape_invisible`, and also all direction marks, and all characters
    without width, except where a script or an emoji needs them."""
    return _escape(text, _IN_CODE)


def has_right_to_left(text: str) -> bool:
    """Check text for a letter of a right-to-left script, such as Arabic or Hebrew."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def _escape(text: str, pattern: str) -> str:
    # The first checks are ten times as fast, and most text has no such characters. Line
    # by line, because one long search would hold the interpreter lock.
    if text.isascii():
        data = text.encode()
        if len(data.translate(None, _ASCII_CONTROLS)) == len(data):
            return text
    elif _INVISIBLE.search(text) is None:
        return text
    compiled = _compile(pattern)
    return "\n".join(
        line if _INVISIBLE.search(line) is None else compiled.sub(_escape_match, line)
        for line in text.split("\n")
    )


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    # On demand: these take milliseconds, which would delay the import of the package.
    return re.compile(pattern)


def _escape_match(found: re.Match[str]) -> str:
    characters = found[0]
    if found["kept"] or (found["mark"] and _is_near_right_to_left(found)):
        return characters
    escaped = "".join(
        f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\u{{{ord(c):x}}}"
        for c in characters[:_MAX_ESCAPED]
    )
    more = len(characters) - _MAX_ESCAPED
    return escaped if more <= 0 else f"{escaped}[… {more:,} more invisible characters]"


def _is_near_right_to_left(found: re.Match[str]) -> bool:
    text, at = found.string, found.start()
    before = _EDGE.split(text[max(at - _NEAR, 0) : at])[-1]
    after = _EDGE.split(text[at : at + _NEAR], maxsplit=1)[0]
    return has_right_to_left(before + after)
