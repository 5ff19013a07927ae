"""Rename what is free in a case: the stream must mean the same (a metamorphic test).

The vocabulary of a documented format stays. Everything else is free: each letter of the
content is replaced by another, so that pieces of a text still join to the same text,
and the expected text changes with it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from .stream_cases import Case


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


HOME_MADE = re.compile(
    "field-|string-|ends-type|ends-done|lines-space|rows-items|metrics-|type-ndjson"
    "|first-sources|error-after-tokens|error-null"
)
"""The cases whose JSON has no documented format: there, names are free too."""

OWN = re.compile("own-|rows-large|shown-redrawn")
"""The cases of our own protocol, where names in an item's `data` are free."""

SHARED_NAMES = _each(
    "type event error done detail percent level message step epoch time timestamp"
    " status sources title url result"
)
"""The names in undocumented JSON that identify a kind, and so are not free."""

SHARED_ENDS = _each("done end complete completed close eof finish finished")
"""The words by which servers announce an end."""

SHARED_WORDS = SHARED_ENDS | _each(
    "message content text progress log metric item usage connected metadata error"
    " exception ping pong heartbeat keepalive noop open ok bye success stop debug info"
    " notice warn warning critical fatal trace true false none null nan inf infinity"
    " data id retry"
)
"""The words with the same meaning everywhere; no other word is renamed to one of
them."""

CONSTANTS = _each(
    "type event object role status method jsonrpc level finish_reason finishReason"
    " stop_reason stop_type done_reason error_type $schema stream"
)
"""The names of documented formats whose values belong to the format, and are not
content."""

NESTED_CONTENT = frozenset(["arguments", "input"])
"""The names of documented formats under which all names are content."""

LINE = "(?:\\A\ufeff?|(?<=[\r\n]))"
"""A pattern of the start of a line, which a carriage return ends, too."""

_KEPT = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\."  # escapes in a JSON string
    r"|\x1b\[[0-9;]*[A-Za-z]|\[\d+m"  # colours
    r"|</?think>|think>"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?"
    r"|(?<![A-Z])(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)(?![A-Z])"
    r"|https?://"
    r"|\[DONE\]|\bSTOP\b|chat\.completion\.chunk|\b(?:keepalive|ping)\b"
    r"|\blimit\b"  # from our notice, which an expectation quotes
)

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_HAN = "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生"


class Renaming:
    """Shuffle everything that is free in a case.

    Args:
        case: the case to rename.
        dice: the source of randomness; the same dice rename alike.
    """

    def __init__(self, case: Case, dice: random.Random) -> None:
        self._case = case
        self._dice = dice
        self._names: dict[str, str] = {}
        self._home_made = HOME_MADE.match(case.name) is not None
        self._own = OWN.match(case.name) is not None
        found = re.findall(r"[^\W\d_]+", " ".join(b.decode() for b in case.bodies))
        while True:
            self._letters = _shuffled_letters(dice)
            if not any(self._word(word).lower() in SHARED_WORDS for word in found):
                break

    # -- names and words ---------------------------------------------------------

    def bodies(self) -> list[bytes]:
        """Return the case's bodies with the new names and words."""
        return [self._body(body.decode()).encode() for body in self._case.bodies]

    def expect(self) -> dict[str, Any]:
        """Return the case's expectations, with the same new names and words."""
        return {key: self._expected(key, v) for key, v in self._case.expect.items()}

    def words(self, text: str) -> str:
        """Replace the letters of content, except in the vocabulary of its format."""
        parts, at = [], 0
        for kept in _KEPT.finditer(text):
            parts += [self._word(text[at : kept.start()]), kept[0]]
            at = kept.end()
        return "".join([*parts, self._word(text[at:])])

    def name(self, name: str) -> str:
        """Return the replacement of a free name, the same at each place."""
        while name not in self._names:
            new = made_up_name(self._dice)
            if new not in self._names.values():
                self._names[name] = new
        return self._names[name]

    def _word(self, word: str) -> str:
        return word.translate(self._letters)

    def _body(self, body: str) -> str:
        if self._case.content_type == "text/plain":
            return self.words(body)
        if self._case.content_type != "text/event-stream":
            return re.sub("[^\n]+", lambda line: self._data(line[0]), body)
        body = re.sub(f"({LINE}data: ?)([^\r\n]+)", self._line(self._data), body)
        return re.sub(f"({LINE}event: ?)([^\r\n]+)", self._line(self._type), body)

    def _line(self, change: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        return lambda found: found[1] + change(found[2])

    def _data(self, data: str) -> str:
        if not data.startswith(("{", "[")) or data == "[DONE]":
            return self.words(data)
        return dumps(self._value("", json.loads(data)))

    def _type(self, name: str) -> str:
        free = self._home_made and name not in SHARED_WORDS
        return self.name(name) if free else name

    def _value(
        self, name: str, value: Any, rename: Callable[[str], str] | None = None
    ) -> Any:
        if isinstance(value, list):
            return [self._value(name, item, rename) for item in value]
        if isinstance(value, dict):
            if name in NESTED_CONTENT:
                rename = self.words
            elif self._own and name == "data":
                rename = self.name
            new = rename or self._name
            return {new(k): self._value(k, v, rename) for k, v in value.items()}
        if not isinstance(value, str):
            return value
        if self._home_made and name == "type":
            return self._type(value)
        return value if name in CONSTANTS else self.words(value)

    def _name(self, name: str) -> str:
        free = self._home_made and name not in SHARED_NAMES
        return self.name(name) if free else name

    def _expected(self, key: str, want: Any) -> Any:
        match key:
            case "state" | "stop_reason" | "requests" | "ends_within_s" | "usage":
                return want
            case "rows":
                new: Callable[[str], str] = self.name if self._own else self._name
                return [{new(k): self._all(v) for k, v in row.items()} for row in want]
            case "metrics":
                # A metric of our own protocol is named in the content.
                new = self.words if self._own else self._name
                return {new(k): v for k, v in want.items()}
            case "tool_calls":
                return [
                    {
                        "name": self.words(call["name"]),
                        "arguments": self._all(call["arguments"]),
                    }
                    for call in want
                ]
            case "progress":
                return {k: self._all(v) for k, v in want.items()}
        return self._all(want)

    def _all(self, value: Any) -> Any:
        """Rename a value that is content throughout."""
        if isinstance(value, list):
            return [self._all(item) for item in value]
        if isinstance(value, dict):
            return {self.words(k): self._all(v) for k, v in value.items()}
        return self.words(value) if isinstance(value, str) else value


def _shuffled_letters(dice: random.Random) -> dict[int, str]:
    """Map each letter to another one, or two, of one of several scripts."""
    pairs = [a + b for a in "bdgkmnprtz" for b in "aeo"]
    alphabet = list(dice.choice([_LATIN, _LATIN, pairs, _CYRILLIC, _HAN]))
    dice.shuffle(alphabet)
    letters = dict(zip(_LATIN, alphabet, strict=False))
    capitals = {a.upper(): b.title() for a, b in letters.items()}
    return str.maketrans(letters | capitals)


def made_up_name(dice: random.Random) -> str:
    """Make up an undocumented name, in one of the usual spellings."""
    parts = [
        "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aou") for _ in range(2))
        for _ in range(dice.randint(1, 2))
    ]
    camel = parts[0] + "".join(part.title() for part in parts[1:])
    return dice.choice(["_".join(parts), camel])


def dumps(value: Any) -> str:
    """Serialise JSON as most servers do: non-ASCII letters unescaped, where UTF-8 has
    them."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value)
    return written
