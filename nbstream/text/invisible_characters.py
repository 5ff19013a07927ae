"""Text that can be written: JSON may tell half of a surrogate pair, UTF-8 cannot; and a
terminal does what control characters tell it. And text that can be read: some invisible
characters show it in another order than it has, or hide more of it.

The twin of `visible` is `frontend/src/visible.ts`; `tests/visible_cases.json` holds
both to the same.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Embeddings, overrides and isolates (UAX #9); separators of lines that no file has;
# what Unicode deprecates; annotations; tags, which copy ASCII unseen. And controls but
# white space, of which HTML drops some where it is parsed, and not where it is built.
_ORDER = (
    "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f"
    "\u202a-\u202e\u2066-\u206f\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f"
)
_ASCII_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x20), 0x7F])
_MARKS = "\u200e\u200f\u061c"
_VARIATIONS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
# What has no width: joiners, fillers, soft hyphens. Scripts and emoji need some of it
# in words; in code and addresses it makes two of what looks like one.
_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064"
    "\u3164\ufeff\uffa0"
)
# Letters that are read from the right; a mark beside them has no power that they lack.
_RIGHT_TO_LEFT = re.compile(
    "[\u05be-\u05f4\u0620-\u065f\u066e-\u08c7\ufb1d-\ufdfb\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001eeff]"
)
_NEAR = 60
_EDGE = re.compile("[\n<>]")  # where a line ends, or an element

# The flags of England, Scotland and Wales are written in tags.
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
# Scripts whose letters join, or not, by such characters.
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
    f"|(?P<mark>(?!))|[{_ORDER}{_MARKS}{_VARIATIONS}{_UNSEEN}]+"
)
_INVISIBLE = re.compile(f"[{_ORDER}{_MARKS}{_VARIATIONS}{_UNSEEN}]")
# A flood of them is counted, so that naming makes no text much longer.
_MOST_NAMED = 8


def join_surrogates(text: str) -> str:
    """The text with halves of a pair that stand together made one character, and with
    U+FFFD for a half that is left alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def join_surrogates_in(value: Any) -> Any:
    """A JSON value with all its text whole; the same object if it was."""
    if isinstance(value, str):
        return join_surrogates(value)
    if isinstance(value, dict | list) and not _is_whole(value):
        return json.loads(join_surrogates(json.dumps(value, ensure_ascii=False)))
    return value


def _is_whole(value: Any) -> bool:
    """Whether all text of a JSON value can be written."""
    # Writing it all out to see that would hold the interpreter lock in one go.
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not one.isascii() and join_surrogates(one) is not one:
                return False
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return True


def sanitise_for_terminal(text: str) -> str:
    """The text for a terminal: `visible`, and without control characters, with which
    what was streamed could move the cursor, set the title or answer for the user. Tabs
    and line breaks stay.
    """
    return escape_invisible(_CONTROLS.sub("", text))


def escape_invisible(text: str) -> str:
    r"""Write invisible characters that deceive by name, such as `\u202e`; for words.

    Named are the controls of direction (UAX #9, section 2), tags, line and paragraph
    separators, variation selectors after the first, and control characters that are not
    white space. Marks of direction stay beside letters that are read from the right,
    where texts in Arabic and Hebrew have them; joiners stay, which Persian and emoji
    are written with.
    """
    return _named(text, _IN_WORDS)


def escape_invisible_in_code(text: str) -> str:
    """Write invisible characters by name, for what is compared to the character: code,
    JSON, addresses. As `visible`, and all marks, and all that has no width but where a
    script or an emoji needs it."""
    return _named(text, _IN_CODE)


def has_right_to_left(text: str) -> bool:
    """Whether some letter of it is read from the right, as in Arabic and Hebrew."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def _named(text: str, pattern: str) -> str:
    # Ten times as fast, and most text has none. By lines, for one long search would
    # hold the interpreter lock; no line has a part in what another one shows.
    if text.isascii():
        data = text.encode()
        if len(data.translate(None, _ASCII_CONTROLS)) == len(data):
            return text
    elif _INVISIBLE.search(text) is None:
        return text
    named = _compiled(pattern)
    return "\n".join(
        line if _INVISIBLE.search(line) is None else named.sub(_name, line)
        for line in text.split("\n")
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # These take milliseconds to compile, which importing the package need not wait for.
    return re.compile(pattern)


def _name(found: re.Match[str]) -> str:
    characters = found[0]
    if found["kept"] or (found["mark"] and _is_beside_right_to_left(found)):
        return characters
    named = "".join(
        f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\u{{{ord(c):x}}}"
        for c in characters[:_MOST_NAMED]
    )
    more = len(characters) - _MOST_NAMED
    return named if more <= 0 else f"{named}[… {more:,} more invisible characters]"


def _is_beside_right_to_left(found: re.Match[str]) -> bool:
    text, at = found.string, found.start()
    before = _EDGE.split(text[max(at - _NEAR, 0) : at])[-1]
    after = _EDGE.split(text[at : at + _NEAR], maxsplit=1)[0]
    return has_right_to_left(before + after)
