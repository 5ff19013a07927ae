"""What a model thinks before it answers."""

from __future__ import annotations

import time
from html import escape
from typing import ClassVar

from ...limits import Limits
from ...rendering.html import fenced, folded
from ...sse.client.redaction import Redactor
from ...updates import Reasoning, Text
from .block import Payload
from .growing import Growing


class ReasoningBlock(Growing):
    """Reasoning, folded. It grows as text does, and carries how long it took, so that
    a page that comes late can say so too."""

    kind: ClassVar[str] = "reasoning"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._began = time.monotonic()
        self._elapsed = 0.0
        self._closed = False

    def add(self, update: Reasoning) -> Payload:
        self._elapsed = round(time.monotonic() - self._began, 2)
        return self._text.add(Text(update.text)) | {"elapsed": self._elapsed}

    def redact(self, redactor: Redactor) -> bool:
        """Take out secrets that came in pieces; returns whether there were any."""
        return self._text.redact(redactor)

    def close(self) -> Payload:
        """Something else follows; returns the payload of the change."""
        self._closed = True
        return {"text": "", "closed": True}

    def state(self) -> Payload:
        state = self._text.state() | {"elapsed": self._elapsed}
        return state | {"closed": True} if self._closed else state

    def plain(self) -> str:
        return "\n".join(f"> {line}" for line in self._shown().splitlines())

    def markdown(self) -> str:
        return (
            f"<details>\n<summary>{self._summary()}</summary>\n\n"
            f"{fenced(self._shown(), 'text')}\n\n</details>"
        )

    def html(self) -> str:
        return folded("nbstream-reasoning", self._summary(), escape(self._shown()))

    def _shown(self) -> str:
        omitted = f"[… {self.dropped:,} characters before this]\n"
        return (omitted if self.dropped else "") + self.text

    def _summary(self) -> str:
        # No time in it: what is left behind is the same for the same content.
        count = len(self.text) + self.dropped
        return f"Reasoning ({count:,} {'character' if count == 1 else 'characters'})"
