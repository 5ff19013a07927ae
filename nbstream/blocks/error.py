"""What went wrong."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from ..updates import Failed
from .block import Limits, Payload
from .markup import fenced, words


class ErrorBlock:
    """The error that ended the stream."""

    kind: ClassVar[str] = "error"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._failed = Failed("")

    def add(self, update: Failed) -> Payload:
        self._failed = update
        return self.state()

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        return later

    def state(self) -> Payload:
        return {"message": self._failed.message, "traceback": self._failed.traceback}

    def plain(self) -> str:
        lines = [f"Failed: {self._failed.message}"]
        if self._failed.traceback:
            lines.append(self._failed.traceback)
        return "\n".join(lines)

    def markdown(self) -> str:
        parts = [f"> **Failed**: {words(self._failed.message)}"]
        if self._failed.traceback:
            parts.append(fenced(self._failed.traceback, "text"))
        return "\n\n".join(parts)

    def html(self) -> str:
        traceback = (
            f"<pre>{escape(self._failed.traceback)}</pre>"
            if self._failed.traceback
            else ""
        )
        return (
            '<div class="nbstream-error" style="margin:8px 0;'
            'border-left:3px solid #d32f2f;padding-left:8px"><strong>Failed</strong>: '
            f"{escape(self._failed.message)}{traceback}</div>"
        )
