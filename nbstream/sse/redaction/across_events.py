"""Find secrets that are split between events: in the concatenation of the same string
of consecutive events, such as the deltas of an answer."""

from __future__ import annotations

import json
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .redactor import MASK, STRING, Redactor

Cut = tuple[int, int, bool]
"""Start and end of a part of a secret in a string, and whether it is the first part."""
Cuts = dict[int, list[Cut]]
"""The cuts of one event, by the number of the string among its strings."""

# Strings that are followed at a time: each tool call and each choice has its own.
_MAX_FOLLOWED = 256
_MAX_PARSED = 1024 * 1024  # characters
_WHOLE = -1  # the number of the string if the data is not JSON


class CutSecrets:
    """Finds secrets that no single event holds.

    Strings belong together if the event's type and the path of the string within the
    data are the same, as they are shown together then.

    Args:
        redactor: knows the secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._followed: OrderedDict[Any, _Followed] = OrderedDict()
        self.cuts: dict[int, Cuts] = {}
        """The parts to remove, by the number of the event; see `remove_cuts`."""

    def read(self, number: int, event: str, data: str) -> None:
        """Read the next event.

        Args:
            number: its number, the key in `cuts`.
            event: its type.
            data: its data. More than 1 Mi characters are not parsed, and no secret is
                found across them.
        """
        if len(data) > _MAX_PARSED:
            self._followed.clear()
            return
        for place, path, text in _strings_of(data):
            key = (event, path)
            followed = self._followed.pop(key, None) or _Followed()
            self._followed[key] = followed
            if len(self._followed) > _MAX_FOLLOWED:
                self._followed.popitem(last=False)
            self._follow(followed, number, place, text)

    def _follow(self, followed: _Followed, number: int, place: int, text: str) -> None:
        keep = self._redactor.longest - 1
        before = len(followed.tail)
        window = followed.tail + text[:keep]
        if before:
            for start, end in self._redactor.spans(window):
                if start < before:
                    self._cut(followed, number, place, start, end)
        followed.parts.append((number, place, len(text)))
        followed.tail = (followed.tail + text)[-keep:] if keep else ""
        spare = sum(length for _, _, length in followed.parts) - len(followed.tail)
        while followed.parts and followed.parts[0][2] <= spare:
            spare -= followed.parts.popleft()[2]

    def _cut(
        self, followed: _Followed, number: int, place: int, start: int, end: int
    ) -> None:
        """Record the parts of a secret that spans from `start` to `end` in the tail and
        the string after it."""
        total = sum(length for _, _, length in followed.parts)
        at = len(followed.tail) - total
        parts = (*followed.parts, (number, place, end))
        first = True
        for part_number, part_place, length in parts:
            begin, stop = max(start, at) - at, min(end, at + length) - at
            if begin < stop:
                cuts = self.cuts.setdefault(part_number, {}).setdefault(part_place, [])
                cuts.append((begin, stop, first))
                first = False
            at += length


@dataclass(slots=True)
class _Followed:
    """The end of one string that continues from event to event, and its parts: the
    number of the event, that of the string, and its length."""

    tail: str = ""
    parts: deque[tuple[int, int, int]] = field(default_factory=deque)


def remove_cuts(data: str, cuts: Cuts) -> str:
    """Return an event's data without the parts of secrets in it."""
    if _WHOLE in cuts:
        return _cut_out(data, cuts[_WHOLE])
    place = -1

    def string(found: re.Match[str]) -> str:
        nonlocal place
        if found[1] is not None:
            return found[0]
        place += 1
        if place not in cuts:
            return found[0]
        text = _cut_out(json.loads(found[0], strict=False), cuts[place])
        return json.dumps(text, ensure_ascii=found[0].isascii())

    return STRING.sub(string, data)


def _cut_out(text: str, cuts: Iterable[Cut]) -> str:
    parts, end = [], 0
    for start, stop, first in sorted(cuts):
        if start >= end:
            parts += [text[end:start], MASK if first else ""]
        end = max(end, stop)
    return "".join((*parts, text[end:]))


def _strings_of(data: str) -> Iterator[tuple[int, Any, str]]:
    """Yield the strings of an event's data that are not keys: number, path and value.
    Data that is not JSON is one string."""
    if data.lstrip()[:1] not in ("{", "[", '"'):
        yield _WHOLE, (), data
        return
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        yield _WHOLE, (), data
        return
    kind = value.get("type") if isinstance(value, dict) else None
    found = [(path, text) for path, text in _walk(value)]
    written = [m for m in STRING.finditer(data) if m[1] is None]
    if len(written) != len(found):  # a repeated key: `loads` dropped the first value
        return
    for place, (path, text) in enumerate(found):
        yield place, (str(kind), *path), text


def _walk(value: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield every string of a JSON value with its path, in the order of the text."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, str):
            yield path, item
        elif isinstance(item, dict):
            inner = [((*path, key), each) for key, each in item.items()]
            waiting.extend(reversed(inner))
        elif isinstance(item, list):
            inner = [((*path, place), each) for place, each in enumerate(item)]
            waiting.extend(reversed(inner))
