"""Log lines."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from ..updates import LogLine
from .block import Limits, Payload
from .listing import Listing
from .markup import fenced


class LogBlock:
    """The last lines of a log; each is `[level, message]`."""

    kind: ClassVar[str] = "log"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._lines = Listing(limits.lines)

    def add(self, update: LogLine) -> Payload:
        return self._lines.append([update.level, update.message])

    merge = staticmethod(Listing.merge)

    def state(self) -> Payload:
        return self._lines.state()

    def plain(self) -> str:
        lines = [f"{level.upper():<8}{text}" for level, text in self._lines.entries]
        if omitted := self._lines.omitted("lines"):
            lines.insert(0, omitted)
        return "\n".join(lines)

    def markdown(self) -> str:
        return fenced(self.plain(), "text")

    def html(self) -> str:
        return (
            '<pre class="nbstream-log" style="max-height:24em;overflow:auto">'
            f"{escape(self.plain())}</pre>"
        )
