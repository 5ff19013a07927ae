"""Events of types that we do not know, as they came."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from ..updates import Raw
from .block import Limits, Payload
from .listing import Listing
from .markup import fenced


class RawBlock(Listing):
    """The last unknown events; each is `[event type, data]`."""

    kind: ClassVar[str] = "raw"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.raw)

    def add(self, update: Raw) -> Payload:
        return self.append([update.event, update.data])

    def plain(self) -> str:
        lines = [f"{event}: {data}" for event, data in self.entries]
        if omitted := self.omitted("events"):
            lines.insert(0, omitted)
        return "\n".join(lines)

    def markdown(self) -> str:
        return fenced(self.plain(), "text")

    def html(self) -> str:
        count = len(self.entries) + self.dropped
        return (
            f'<details class="nbstream-raw"><summary>{count:,} other '
            f"{'event' if count == 1 else 'events'}</summary>"
            f"<pre>{escape(self.plain())}</pre></details>"
        )
