"""Events of types that we do not know, as they came."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from ..updates import Raw
from .block import Limits, Payload
from .listing import Listing
from .markup import clipped, fenced, folded_code
from .tool_call import pretty

# Of one event, in what is left behind; a recording keeps everything.
_MAX_SHOWN = 10_000
_MAX_SUMMARY = 80


class RawBlock(Listing):
    """The last unknown events; each is `[event type, data]`."""

    kind: ClassVar[str] = "raw"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.raw)

    def add(self, update: Raw) -> Payload:
        return self.append([update.event, update.data])

    def plain(self) -> str:
        lines = [clipped(f"{e}: {data}", _MAX_SHOWN) for e, data in self.entries]
        return "\n".join([*self._note(), *lines])

    def markdown(self) -> str:
        return fenced(self.plain(), "text")

    def html(self) -> str:
        count = len(self.entries) + self.dropped
        note = "".join(f"<p>{line}</p>" for line in self._note())
        events = "".join(_event(*entry) for entry in self.entries)
        return (
            f'<details class="nbstream-raw" style="margin:4px 0"><summary>{count:,} '
            f"other {'event' if count == 1 else 'events'}</summary>"
            f'<div style="margin-left:1em">{note}{events}</div></details>'
        )

    def _note(self) -> list[str]:
        return [self.omitted("events")] if self.dropped else []


def _event(event: str, data: str) -> str:
    summary = clipped(" ".join(f"{event}: {data}".split()), _MAX_SUMMARY)
    shown = clipped(pretty(data), _MAX_SHOWN)
    return folded_code("nbstream-raw-event", escape(summary), shown)
