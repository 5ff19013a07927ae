"""What an answer used."""

from __future__ import annotations

import time
from dataclasses import asdict
from html import escape
from typing import ClassVar

from ..updates import Usage
from .block import Limits, Payload

_WORDS = {
    "input_tokens": "in",
    "cached_tokens": "of them cached",
    "output_tokens": "out",
    "reasoning_tokens": "of them reasoning",
}


class Pace:
    """When an answer's parts came: told beside its tokens, it gives their pace."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first = self._last = 0.0
        self._parts = 0

    def part(self) -> None:
        """A part of the answer came."""
        self._last = time.monotonic()
        self._parts += 1
        if self._parts == 1:
            self._first = self._last

    def told(self) -> Payload:
        """Seconds from the beginning to the first part, and from there to the last;
        what is not known is left out."""
        times: Payload = {}
        if self._parts:
            times["first"] = round(self._first - self._began, 3)
        if self._parts > 1:
            times["streamed"] = round(self._last - self._first, 3)
        return times


class UsageBlock:
    """The tokens as they were told last. The page shows their pace too; what is left
    behind does not, to be the same for the same content."""

    kind: ClassVar[str] = "usage"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._told: Payload = {}
        self.times: Payload = {}
        """What `Pace.told()` says."""

    def add(self, update: Usage) -> Payload:
        told = {k: v for k, v in asdict(update).items() if v is not None}
        self._told |= told
        return told | self.times

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        return earlier | later

    def state(self) -> Payload:
        return self._told | self.times

    def plain(self) -> str:
        return f"[{self._line()}]"

    def markdown(self) -> str:
        return f"*{self._line()}*"

    def html(self) -> str:
        return f'<p class="nbstream-usage"><em>{escape(self._line())}</em></p>'

    def _line(self) -> str:
        return line_of(Usage(**self._told))


def line_of(usage: Usage) -> str:
    """Usage in words."""
    told = asdict(usage)
    parts = [f"{told[key]:,} {w}" for key, w in _WORDS.items() if told[key] is not None]
    return "Tokens: " + ", ".join(parts)
