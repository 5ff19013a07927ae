"""What an answer used."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import ClassVar, TypedDict, cast

from ...limits import Limits
from ...updates import Usage
from .block import Small

_WORDS = {
    "input_tokens": "in",
    "cached_tokens": "of them cached",
    "output_tokens": "out",
    "reasoning_tokens": "of them reasoning",
}


class Times(TypedDict, total=False):
    """Seconds; what is not known is left out."""

    first: float
    """From the beginning to the first part of the answer."""
    streamed: float
    """From there to the last."""


class Tokens(TypedDict, total=False):
    """The fields of `Usage`; what is not known is left out."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool


class UsagePayload(Tokens, Times, total=False):
    """What was used, in the place of what was known before."""


# Under this the pace is that of the network's packets, not of the model.
MIN_STREAMED = 0.2


class Pace:
    """When an answer's parts came: told beside its tokens, it gives their pace."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first = self._last = 0.0
        self._parts = 0

    @property
    def first(self) -> float | None:
        """Seconds from the beginning to the first part; None before it."""
        return self._first - self._began if self._parts else None

    def of(self, tokens: int | None) -> float | None:
        """Tokens a second from the first part to the last; None where they came too
        close together for that to mean anything."""
        streamed = self._last - self._first
        return tokens / streamed if tokens and streamed >= MIN_STREAMED else None

    def part(self) -> None:
        """A part of the answer came."""
        self._last = time.monotonic()
        self._parts += 1
        if self._parts == 1:
            self._first = self._last

    def told(self) -> Times:
        """Return when the parts came, as pages are told it."""
        times: Times = {}
        if self._parts:
            times["first"] = round(self._first - self._began, 3)
        if self._parts > 1:
            times["streamed"] = round(self._last - self._first, 3)
        return times


class UsageBlock(Small):
    """The tokens as they were told last. The page shows their pace too; what is left
    behind does not, to be the same for the same content."""

    kind: ClassVar[str] = "usage"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._told: Tokens = {}
        self.times: Times = {}
        """What `Pace.told()` says."""

    @property
    def usage(self) -> Usage:
        """All that was told, the last of each."""
        return Usage(**self._told)

    def add(self, update: Usage) -> UsagePayload:
        given = {k: v for k, v in asdict(update).items() if v is not None}
        told = cast(Tokens, given)
        if update.output_tokens is None:
            del told["estimated"]
        self._told.update(told)
        return {**told, **self.times}

    @staticmethod
    def merge(payloads: Sequence[UsagePayload]) -> UsagePayload:
        merged: UsagePayload = {}
        for payload in payloads:
            merged.update(payload)
        return merged

    def state(self) -> UsagePayload:
        return {**self._told, **self.times}

    def plain(self) -> str:
        return f"[{self._line()}]" if self._told else ""

    def markdown(self) -> str:
        return f"*{self._line()}*"

    def html(self) -> str:
        return f'<p class="nbstream-usage"><em>{escape(self._line())}</em></p>'

    def _line(self) -> str:
        return line_of(self.usage)


def line_of(usage: Usage) -> str:
    """Usage in words."""
    told = asdict(usage)
    # That none of them were cached is no news.
    parts = [
        f"{told[key]:,} {word}"
        for key, word in _WORDS.items()
        if told[key] or (told[key] == 0 and not word.startswith("of "))
    ]
    about = "≈ " * usage.estimated
    return "Tokens: " + ", ".join(
        about + part if part.endswith(" out") else part for part in parts
    )
