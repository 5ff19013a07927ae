"""Log lines."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from ..updates import LogLine
from .block import Limits, Payload
from .listing import Listing
from .markup import fenced


class LogBlock(Listing):
    """The last lines of a log; each is `[level, message]`."""

    kind: ClassVar[str] = "log"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.lines)

    def add(self, update: LogLine) -> Payload:
        return self.append([update.level, update.message])

    def plain(self) -> str:
        lines = [f"{level.upper():<8}{text}" for level, text in self.entries]
        if omitted := self.omitted("lines"):
            lines.insert(0, omitted)
        return "\n".join(lines)

    def markdown(self) -> str:
        return fenced(self.plain(), "text")

    def html(self) -> str:
        return (
            '<pre class="nbstream-log" style="max-height:24em;overflow:auto">'
            f"{escape(self.plain())}</pre>"
        )
