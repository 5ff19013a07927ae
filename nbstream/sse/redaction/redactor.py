"""Redact secrets in text, in JSON values, and in text that is JSON."""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from .forms import forms_of

MASK = "***"
_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
_WORDS = re.compile(r"[^\W\d_]+(?:[ _./-][^\W\d_]+)*")
# The JSON fields that name a kind of thing.
_NAMING = frozenset({"type", "event", "kind", "object", "role", "name", "op", "method"})
# A string of JSON, and the colon after it if it is a key.
STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?', re.DOTALL)
# More characters are not parsed: that would block the event loop.
_MAX_PARSED = 1024 * 1024


class Redactor:
    """Replaces secrets by `***`, in every form that `forms_of` returns.

    Text and values without a secret are returned unchanged, the same object.

    Args:
        secrets: the values, of any length: the caller decides which are long enough not
            to be ordinary words.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(dict.fromkeys(filter(None, secrets)))
        numbers = [s for s in self._secrets if _NUMBER.fullmatch(s)]
        self._numbers = frozenset(numbers)
        forms = {form for secret in self._secrets for form in forms_of(secret)}
        self._forms = tuple(sorted(forms, key=len, reverse=True))
        self._worded = tuple(form for form in self._forms if form not in self._numbers)
        self._shortest = min(map(len, self._forms), default=0)
        self.longest = max(map(len, self._forms), default=0)
        """The length of the longest form, in characters."""

    def __bool__(self) -> bool:
        return bool(self._forms)

    @functools.cached_property
    def of_names(self) -> Redactor:
        """The redactor for names and types, such as those of metrics and events: it
        does not redact secrets that consist of words only."""
        return Redactor(s for s in self._secrets if not _WORDS.fullmatch(s))

    def text(self, text: str) -> str:
        """Return text, redacted."""
        return self._without(text, self._forms)

    def data(self, text: str) -> str:
        """Return an event's data, redacted. If it is JSON, only strings that are not
        keys are changed, and everything else is the same text."""
        return self._in_data(text, self._forms)

    def piece(self, text: str) -> str:
        """Return a piece of JSON, redacted, except for secrets that are numbers, for
        the piece does not show whether it is a number there."""
        return self._in_data(text, self._worded)

    def value(self, value: Any) -> Any:
        """Return a JSON value with its strings redacted, except for keys."""
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, dict | list) or not self._forms:
            return value
        # One search over all of them: a value may have a hundred thousand strings.
        strings = list(_strings_of(value))
        joined = "\0".join(strings)
        if not self._is_in(joined, self._forms):
            return value
        starts = list(accumulate((len(s) + 1 for s in strings), initial=0))
        spans = self._spans(joined, self._forms)
        found = {bisect_right(starts, start) - 1 for start, _ in spans}
        numbers = iter(range(len(strings)))

        def rebuilt(item: Any, redactor: Redactor) -> Any:
            if isinstance(item, str):
                return redactor.text(item) if next(numbers) in found else item
            if isinstance(item, dict):
                return {k: rebuilt(v, self._for(k)) for k, v in item.items()}
            if isinstance(item, list):
                return [rebuilt(each, self) for each in item]
            return item

        try:
            return rebuilt(value, self)
        except RecursionError:  # `loads` accepts deeper nesting than Python recurses
            return json.loads(self._in_strings(json.dumps(value, ensure_ascii=False)))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each secret, in order, overlapping ones joined."""
        return self._spans(text, self._forms)

    def _without(self, text: str, forms: tuple[str, ...]) -> str:
        if not self._is_in(text, forms):
            return text
        parts, end = [], 0
        for start, after in self._spans(text, forms):
            parts += [text[end:start], MASK]
            end = after
        return "".join((*parts, text[end:])) if parts else text

    def _is_in(self, text: str, forms: tuple[str, ...]) -> bool:
        if len(text) < self._shortest:
            return False
        for form in forms:  # noqa: SIM110 a generator is slower, for every event
            if form in text:
                return True
        return False

    def _spans(self, text: str, forms: tuple[str, ...]) -> list[tuple[int, int]]:
        found = sorted(span for form in forms for span in self._places(form, text))
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def _places(self, form: str, text: str) -> Iterator[tuple[int, int]]:
        whole = form in self._numbers  # part of a longer number is another number
        start = text.find(form)
        while start >= 0:
            end = start + len(form)
            if not (whole and _continues_number(text, start, end)):
                yield start, end
            start = text.find(form, end)

    def _in_data(self, text: str, forms: tuple[str, ...]) -> str:
        # An escape may stand for any character of a secret.
        suspect = self._is_in(text, forms)
        if not suspect and not ("\\u" in text and self._forms):
            return text
        if text.lstrip()[:1] not in ('{', '[', '"'):  # fmt: skip
            return self._without(text, forms)
        if len(text) > _MAX_PARSED:
            return self._without(text, self._worded)
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return self._without(text, forms)
        return self._in_strings(text)

    def _for(self, key: str) -> Redactor:
        """The redactor for the value of a field."""
        return self.of_names if key in _NAMING else self

    def _in_strings(self, text: str) -> str:
        redactor, after_key = self, -1

        def redacted(found: re.Match[str]) -> str:
            nonlocal redactor, after_key
            string = found[0]
            if found[1] is not None:
                key = string[1 : found.start(1) - found.start() - 1]
                redactor, after_key = self._for(key), found.end()
                return string
            if len(string) < self._shortest:
                return string
            # Directly after a key, or after white space, it is the value of the key.
            of_key = after_key >= 0 and text[after_key : found.start()].isspace()
            of_key = of_key or after_key == found.start()
            value = json.loads(string, strict=False)
            clean = (redactor if of_key else self).text(value)
            if clean is value:
                return string
            return json.dumps(clean, ensure_ascii=string.isascii())

        return STRING.sub(redacted, text)


@functools.lru_cache(maxsize=64)
def _redactor(secrets: tuple[str, ...]) -> Redactor:
    return Redactor(secrets)


def redactor_of(secrets: Iterable[str]) -> Redactor:
    """Return the redactor of these secrets, cached."""
    return _redactor(tuple(secrets))


def redact_data(text: str, secrets: Iterable[str]) -> str:
    """Return an event's data, or other text, redacted; see `Redactor.data`."""
    return redactor_of(secrets).data(text)


def _continues_number(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isdigit() or text[end : end + 1].isdigit()


def _strings_of(value: Any) -> Iterator[str]:
    """Yield every string of a JSON value that is not a key, in the order of the text;
    not recursive, for values may be nested as deep as the stack allows."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(reversed(item.values()))
        elif isinstance(item, list):
            waiting.extend(reversed(item))
