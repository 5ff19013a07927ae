"""Reasoning: the text that a model writes before it answers."""

from __future__ import annotations

import time
from html import escape
from typing import ClassVar, Literal, NotRequired

from ...limits import Limits
from ...rendering.format import format_count
from ...rendering.html import fence_code, fold
from ...sse.redaction import Redactor
from ...updates import Reasoning, Text
from .growing_text import GrowingText
from .text import TextPayload


class ReasoningPayload(TextPayload):
    """Text to append, and how long the reasoning took."""

    elapsed: NotRequired[float]
    """Seconds from the beginning to this text; missing in a payload without text."""
    closed: NotRequired[Literal[True]]
    """Other content followed."""


class ReasoningBlock(GrowingText[ReasoningPayload]):
    """Folded text with its duration, which a page that opens late shows too."""

    kind: ClassVar[str] = "reasoning"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._began = time.monotonic()
        self._elapsed = 0.0
        self._closed = False

    def add(self, update: Reasoning) -> ReasoningPayload:
        self._elapsed = round(time.monotonic() - self._began, 2)
        payload = self._cast(self._text.add(Text(update.text)))
        payload["elapsed"] = self._elapsed
        return payload

    def redact(self, redactor: Redactor) -> bool:
        """Redact secrets that arrived in pieces. Returns whether there were any."""
        return self._text.redact(redactor)

    def close(self) -> ReasoningPayload:
        """Record that other content follows. Returns the payload of the change."""
        self._closed = True
        return {"text": "", "closed": True}

    def state(self) -> ReasoningPayload:
        state = self._cast(self._text.state())
        state["elapsed"] = self._elapsed
        if self._closed:
            state["closed"] = True
        return state

    def plain(self) -> str:
        return "\n".join(f"> {line}" for line in self._format_text().splitlines())

    def markdown(self) -> str:
        return (
            f"<details>\n<summary>{self._format_summary()}</summary>\n\n"
            f"{fence_code(self._format_text(), 'text')}\n\n</details>"
        )

    def html(self) -> str:
        return fold(
            "nbstream-reasoning", self._format_summary(), escape(self._format_text())
        )

    def _format_text(self) -> str:
        omitted = f"[… {format_count(self.dropped, 'character')} before this]\n"
        return (omitted if self.dropped else "") + self.text

    def _format_summary(self) -> str:
        # Without the duration: frozen output is the same for the same content.
        return f"Reasoning ({format_count(len(self.text) + self.dropped, 'character')})"
