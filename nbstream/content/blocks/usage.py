"""Token usage of an answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import ClassVar, TypedDict, cast

from ...limits import Limits
from ...updates import Usage
from .block import SmallBlock

_WORDS = {
    "input_tokens": "in",
    "cached_tokens": "of them cached",
    "output_tokens": "out",
    "reasoning_tokens": "of them reasoning",
}


class Times(TypedDict, total=False):
    """Times in seconds; unknown values are left out."""

    first: float
    """From the start to the first part of the answer."""
    streamed: float
    """From the first part to the last."""


class Tokens(TypedDict, total=False):
    """The fields of `Usage`; unknown values are left out."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool


class UsagePayload(Tokens, Times, total=False):
    """Values to set; those that are missing keep theirs."""


MIN_STREAMED = 0.2
"""Seconds of streaming that a token rate needs. In a shorter time it would be the rate
of the network's packets, not of the model."""


class AnswerTimer:
    """Record when the parts of an answer arrive, for its token rate."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first = self._last = 0.0
        self._parts = 0

    @property
    def first(self) -> float | None:
        """Seconds from the start to the first part; None before it."""
        return self._first - self._began if self._parts else None

    def tokens_per_second(self, tokens: int | None) -> float | None:
        """Return the token rate from the first part to the last; None if the tokens are
        unknown or `MIN_STREAMED` has not passed."""
        streamed = self._last - self._first
        return tokens / streamed if tokens and streamed >= MIN_STREAMED else None

    def record_part(self) -> None:
        """Record that a part of the answer arrived now."""
        self._last = time.monotonic()
        self._parts += 1
        if self._parts == 1:
            self._first = self._last

    def to_times(self) -> Times:
        """Return the times as a payload for pages."""
        times: Times = {}
        if self._parts:
            times["first"] = round(self._first - self._began, 3)
        if self._parts > 1:
            times["streamed"] = round(self._last - self._first, 3)
        return times


class UsageBlock(SmallBlock):
    """The tokens as reported last. The live panel also shows their rate; frozen output
    does not, because it must be the same for the same content."""

    kind: ClassVar[str] = "usage"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._tokens: Tokens = {}
        self.times: Times = {}
        """The result of `AnswerTimer.to_times()` at the last update."""

    @property
    def usage(self) -> Usage:
        """All values, each as reported last."""
        return Usage(**self._tokens)

    def add(self, update: Usage) -> UsagePayload:
        known = {k: v for k, v in asdict(update).items() if v is not None}
        tokens = cast(Tokens, known)
        if update.output_tokens is None:
            del tokens["estimated"]
        self._tokens.update(tokens)
        return {**tokens, **self.times}

    @staticmethod
    def merge(payloads: Sequence[UsagePayload]) -> UsagePayload:
        merged: UsagePayload = {}
        for payload in payloads:
            merged.update(payload)
        return merged

    def state(self) -> UsagePayload:
        return {**self._tokens, **self.times}

    def plain(self) -> str:
        return f"[{self._format_line()}]" if self._tokens else ""

    def markdown(self) -> str:
        return f"*{self._format_line()}*"

    def html(self) -> str:
        return f'<p class="nbstream-usage"><em>{escape(self._format_line())}</em></p>'

    def _format_line(self) -> str:
        return format_usage(self.usage)


def format_usage(usage: Usage) -> str:
    """Return usage as one line of text."""
    values = asdict(usage)
    # A part of the tokens is not shown if it is zero.
    parts = [
        f"{values[key]:,} {word}"
        for key, word in _WORDS.items()
        if values[key] or (values[key] == 0 and not word.startswith("of "))
    ]
    about = "≈ " * usage.estimated
    return "Tokens: " + ", ".join(
        about + part if part.endswith(" out") else part for part in parts
    )
