"""The error of a failed stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any, ClassVar, NotRequired, TypedDict

from ...limits import MAX_ERROR, Limits
from ...rendering.html import escape_markdown, fence_code
from ...text.clipping import clip_beginning, clip_text
from ...text.invisible_characters import escape_invisible_in_code
from ...updates import Failed
from .block import SmallBlock


class ErrorPayload(TypedDict):
    """The error."""

    message: str
    traceback: str
    lost: NotRequired[list[Any]]
    """`[what, events, since]`, as in `Lost`, if the connection was lost."""


class ErrorBlock(SmallBlock):
    """The error that ended the stream."""

    kind: ClassVar[str] = "error"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._failed = Failed("")

    def add(self, update: Failed) -> ErrorPayload:
        self._failed = replace(
            update,
            message=clip_text(update.message, MAX_ERROR),
            traceback=clip_beginning(update.traceback, MAX_ERROR),
        )
        return self.state()

    @staticmethod
    def merge(payloads: Sequence[ErrorPayload]) -> ErrorPayload:
        return payloads[-1]

    def state(self) -> ErrorPayload:
        failed = self._failed
        payload: ErrorPayload = {
            "message": failed.message,
            "traceback": failed.traceback,
        }
        if failed.lost is not None:
            lost = failed.lost
            payload["lost"] = [lost.what, lost.events, lost.since]
        return payload

    def plain(self) -> str:
        what, message = self._title_and_message()
        lines = [f"{what}: {message}"]
        if self._failed.traceback:
            lines.append(escape_invisible_in_code(self._failed.traceback))
        return "\n".join(lines)

    def markdown(self) -> str:
        what, message = self._title_and_message()
        parts = [f"> **{what}**: {escape_markdown(message)}"]
        if self._failed.traceback:
            parts.append(
                fence_code(escape_invisible_in_code(self._failed.traceback), "text")
            )
        return "\n\n".join(parts)

    def html(self) -> str:
        what, message = self._title_and_message()
        traceback = (
            f"<pre>{escape(escape_invisible_in_code(self._failed.traceback))}</pre>"
            if self._failed.traceback
            else ""
        )
        colour = "#d32f2f" if self._failed.lost is None else "#b35900"
        return (
            '<div class="nbstream-error" style="margin:8px 0;max-height:32em;'
            "overflow:auto;"
            f'border-left:3px solid {colour};padding-left:8px"><strong>{what}</strong>'
            f": {escape(message)}{traceback}</div>"
        )

    def _title_and_message(self) -> tuple[str, str]:
        """Return the title and the message. Without the time of day, which only the
        live panel shows: frozen output is the same for the same content."""
        lost, message = self._failed.lost, self._failed.message
        if lost is None:
            return "Failed", message
        return lost.what, f"all up to event {lost.events:,} is kept. {message}"
