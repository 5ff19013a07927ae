"""A notice to the reader, such as why an answer was cut short."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import ClassVar, TypedDict

from ...limits import MAX_MESSAGE, Limits
from ...rendering.html import dir_attribute, escape_markdown
from ...text.clipping import clip_line
from ...updates import Note, Stopped
from .block import SmallBlock


class NoticePayload(TypedDict):
    """The notice."""

    message: str


class NoticeBlock(SmallBlock):
    """A notice between other content, such as where an answer was cut. It holds one
    update: the next notice is another block."""

    kind: ClassVar[str] = "notice"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        self.text = ""
        """The message."""
        self.dropped = 0

    def add(self, update: Note | Stopped) -> NoticePayload:
        self.text = clip_line(update.message, MAX_MESSAGE)
        return self.state()

    @staticmethod
    def merge(payloads: Sequence[NoticePayload]) -> NoticePayload:
        return payloads[-1]

    def state(self) -> NoticePayload:
        return {"message": self.text}

    def plain(self) -> str:
        return f"[{self.text}]"

    def markdown(self) -> str:
        return f"> {escape_markdown(self.text)}"

    def html(self) -> str:
        return (
            f'<div{dir_attribute(self.text)} class="nbstream-notice" role="note" '
            'style="margin:8px 0;'
            f'border-left:3px solid #b35900;padding-left:8px">{escape(self.text)}</div>'
        )
