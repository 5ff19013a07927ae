"""The sources that an answer refers to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import chain
from typing import ClassVar, NotRequired, TypedDict
from urllib.parse import quote as percent_encoded

from ...limits import Limits
from ...rendering.format import format_count
from ...rendering.html import dir_attribute, escape_markdown, scroll_box
from ...rendering.rules.links import is_address
from ...text.clipping import clip_line
from ...text.invisible_characters import escape_invisible_in_code
from ...text.value_size import size_of
from ...updates import Citation
from .block import SmallBlock

_MAX_URL = 2_000
_MAX_TITLE = 300
_MAX_QUOTE = 1_000
_ADDRESS = re.compile(r"https?://[^\s<>\"\\]+", re.IGNORECASE)


Entry = list[str]
"""`[title, url, quote]`."""


class CitationsPayload(TypedDict):
    """Sources to add."""

    add: list[Entry]
    more: NotRequired[int]
    """How many more arrived past the limit."""


class CitationsBlock(SmallBlock):
    """A numbered list without repeats. Past the limit new citations are only counted,
    so that the numbers of the others stay the same."""

    kind: ClassVar[str] = "citations"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.citations
        self._entries: dict[tuple[str, str], Entry] = {}
        self._most = limits.entry
        self._more = 0

    def add(self, update: Citation) -> CitationsPayload:
        url = update.url if len(update.url) <= _MAX_URL else ""
        title = clip_line(update.title or update.url, _MAX_TITLE)
        entry = [title, url, clip_line(update.quote, _MAX_QUOTE)]
        key = (url or title, entry[2])
        if key in self._entries:
            return {"add": []}
        if len(self._entries) >= self._limit or self.size > self._most:
            self._more += 1
            return {"add": [], "more": 1}
        self._entries[key] = entry
        self.size += size_of(entry)
        return {"add": [entry]}

    def shrink(self, share: float) -> None:
        for key in list(self._entries)[int(len(self._entries) * share) :]:
            del self._entries[key]
            self._more += 1

    @staticmethod
    def merge(payloads: Sequence[CitationsPayload]) -> CitationsPayload:
        added = chain.from_iterable([payload["add"] for payload in payloads])
        merged: CitationsPayload = {"add": list(added)}
        if more := sum([payload.get("more", 0) for payload in payloads]):
            merged["more"] = more
        return merged

    def state(self) -> CitationsPayload:
        state: CitationsPayload = {"add": list(self._entries.values())}
        if self._more:
            state["more"] = self._more
        return state

    def plain(self) -> str:
        lines = ["Sources:"]
        for number, (title, url, quote) in enumerate(self._entries.values(), 1):
            address = escape_invisible_in_code(url)
            names = dict.fromkeys((_name_of(title, url), address))
            named = " ".join(filter(None, names))
            lines.append(f"[{number}] {named or 'Untitled'}")
            if quote:
                lines.append(f"    “{' '.join(quote.split())}”")
        return "\n".join([*lines, *self._format_notes()])

    def markdown(self) -> str:
        lines = []
        for number, (title, url, quote) in enumerate(self._entries.values(), 1):
            named = escape_markdown(_name_of(title, url)) or "Untitled"
            if _is_address(url):
                named = f"[{named}](<{_encode_invisible(url)}>)"
            lines.append(
                f"{number}. {named}" + (f" “{escape_markdown(quote)}”" if quote else "")
            )
        return "\n\n".join(["**Sources**", "\n".join(lines), *self._format_notes()])

    def html(self) -> str:
        entries = "".join(
            f"<li{dir_attribute(e[0])}>{_render_entry(*e)}</li>"
            for e in self._entries.values()
        )
        note = "".join(f"<p><em>{line}</em></p>" for line in self._format_notes())
        return (
            '<div class="nbstream-citations" style="margin:8px 0">'
            "<strong>Sources</strong>"
            + scroll_box(f'<ol style="margin:0">{entries}</ol>')
            + f"{note}</div>"
        )

    def _format_notes(self) -> list[str]:
        return (
            [f"[… {format_count(self._more, 'more citation')}]"] if self._more else []
        )


def _is_address(url: str) -> bool:
    return _ADDRESS.fullmatch(url) is not None and is_address(url)


def _name_of(title: str, url: str) -> str:
    """Return the name to show for a source: its title, or its address."""
    return (
        escape_invisible_in_code(title)
        if title == clip_line(url, _MAX_TITLE)
        else title
    )


def _encode_invisible(url: str) -> str:
    """Return the address with its invisible characters percent-encoded."""
    if escape_invisible_in_code(url) == url:
        return url
    return percent_encoded(url, safe="!#$%&'()*+,/:;=?@[]~")


def _render_entry(title: str, url: str, quote: str) -> str:
    named = escape(_name_of(title, url)) or "Untitled"
    if _is_address(url):
        named = (
            f'<a href="{escape(_encode_invisible(url))}" target="_blank" '
            f'rel="noopener noreferrer nofollow">{named}</a>'
        )
    return f"{named} “{escape(quote)}”" if quote else named
