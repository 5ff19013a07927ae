"""Events of unknown types, unchanged, with hints if there are any."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import ClassVar, NotRequired

from ...limits import MAX_MESSAGE, Limits
from ...rendering.format import format_count
from ...rendering.html import fence_code, fold_code, scroll_box
from ...text.clipping import clip_line, clip_name, clip_text
from ...text.invisible_characters import escape_invisible_in_code
from ...text.value_size import size_of
from ...updates import Raw, Unrecognised
from .entry_list import EntryList, ListPayload
from .tool_call import indent_json

_MAX_SHOWN = 10_000
"""Characters of one event in frozen output; a recording keeps everything."""
_MAX_SUMMARY = 80
_MAX_INDENTED = 100_000
"""Characters of an event that is indented before its beginning is shown."""


Entry = list[str]
"""`[event type, data]` or `[event type, data, hint]`."""


class RawPayload(ListPayload[Entry]):
    """Events to add, and advice."""

    advice: NotRequired[str]
    """What the reader can do; replaces earlier advice, and may be empty."""


class RawBlock(EntryList[Entry, RawPayload]):
    """The last unknown events, folded. It is open if there is a hint, or if nothing of
    the stream was understood."""

    kind: ClassVar[str] = "raw"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.raw)
        self._largest = limits.entry // 4
        self._advice = ""
        self._hinted = False

    def add(self, update: Raw | Unrecognised) -> RawPayload:
        if isinstance(update, Unrecognised):
            self._advice = clip_line(update.advice, MAX_MESSAGE)
            return {"add": [], "advice": self._advice}
        self._hinted = self._hinted or bool(update.hint)
        entry = [clip_name(update.event), clip_text(update.data, self._largest)]
        if update.hint:
            entry.append(clip_line(update.hint, MAX_MESSAGE))
        return self.append(entry, size_of(entry))

    @classmethod
    def merge(cls, payloads: Sequence[RawPayload]) -> RawPayload:
        merged = super().merge(payloads)
        advice = [payload["advice"] for payload in payloads if "advice" in payload]
        if advice:
            merged["advice"] = advice[-1]
        return merged

    def _slice(self, entries: list[Entry], start: int, end: int) -> RawPayload:
        part = super()._slice(entries, start, end)
        if start == 0 and self._advice:
            part["advice"] = self._advice
        return part

    def plain(self) -> str:
        lines = [
            "\n  ".join(
                [
                    escape_invisible_in_code(clip_line(f"{event}: {data}", _MAX_SHOWN)),
                    *hint,
                ]
            )
            for event, data, *hint in self.entries
        ]
        return "\n".join([*self._format_notes(), *lines, *filter(None, [self._advice])])

    def markdown(self) -> str:
        return fence_code(self.plain(), "text")

    def html(self) -> str:
        events_in_all = len(self.entries) + self.dropped
        note = "".join(f"<p>{line}</p>" for line in self._format_notes())
        events = "".join(_render_event(*entry) for entry in self.entries)
        advice = f"<p><em>{escape(self._advice)}</em></p>" if self._advice else ""
        is_open = " open" if self._advice or self._hinted else ""
        return advice + (
            f'<details class="nbstream-raw" style="margin:4px 0"{is_open}>'
            f"<summary>{format_count(events_in_all, 'other event')}</summary>"
            f'<div style="margin-left:1em">{note}{scroll_box(events)}</div></details>'
        )

    def _format_notes(self) -> list[str]:
        return [self.format_dropped("event")] if self.dropped else []


def _render_event(event: str, data: str, hint: str = "") -> str:
    beginning = f"{event}: {data[:_MAX_SHOWN]}"
    summary = escape_invisible_in_code(
        clip_line(" ".join(beginning.split()), _MAX_SUMMARY)
    )
    if len(data) <= _MAX_INDENTED:
        data = indent_json(data)
    shown = escape_invisible_in_code(clip_line(data, _MAX_SHOWN))
    note = f"<p><em>{escape(hint)}</em></p>" if hint else ""
    return fold_code("nbstream-raw-event", escape(summary), shown) + note
