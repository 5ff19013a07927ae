"""Streamed text, which grows by deltas."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from sys import getsizeof
from typing import ClassVar, NotRequired, TypedDict

from ...limits import Limits
from ...rendering.format import format_count
from ...rendering.markdown import render_markdown
from ...rendering.safe_markdown import defuse_markdown
from ...sse.redaction import Redactor
from ...updates import Text

_JOIN_AT = 512
"""Deltas that are joined into one string."""


class TextPayload(TypedDict):
    """Text to append; then the oldest is evicted."""

    text: str
    drop: NotRequired[int]
    """How much of the beginning to evict, in UTF-16 units, as JavaScript counts."""
    dropped: NotRequired[int]
    """How many characters were evicted in all; present with `drop`, and in a
    snapshot."""


class TextBlock:
    """Text in the order of arrival. Past the limit the oldest is evicted."""

    kind: ClassVar[str] = "text"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.text
        # Deltas are a few characters each. Joining them in batches saves the memory of
        # a million small strings.
        self._joined: deque[str] = deque()
        self._recent: list[str] = []
        self._length = 0
        self.size = 0
        """About how many bytes of memory the text holds."""
        self._recent_size = 0  # the part of it in `_recent`
        self.added_size = 0
        """Bytes of memory that the last update added."""
        self.dropped = 0
        """How many characters were evicted."""

    @property
    def text(self) -> str:
        """The text that was not evicted."""
        return "".join((*self._joined, *self._recent))

    def add(self, update: Text) -> TextPayload:
        text = update.text
        if not text:
            self.added_size = 0
            return {"text": ""}
        self._recent.append(text)
        self._length += len(text)
        self.added_size = size = getsizeof(text)
        self.size += size
        self._recent_size += size
        if len(self._recent) >= _JOIN_AT:
            self._join()
        payload: TextPayload = {"text": text}
        if self._length > self._limit:
            # A tenth more than needed, so that not every delta evicts.
            payload["drop"] = self._drop(self._length - self._limit + self._limit // 10)
            payload["dropped"] = self.dropped
        return payload

    def redact(self, redactor: Redactor) -> bool:
        """Redact secrets that arrived in pieces. Returns whether there were any."""
        return self.replace(redactor.text)

    def replace(self, change: Callable[[str], str]) -> bool:
        """Replace the text by `change(text)`. Returns whether it differs."""
        self._join()
        text = self.text
        changed = change(text)
        if changed == text:
            return False
        self._joined = deque([changed])
        self._length = len(changed)
        self.size, self._recent_size = getsizeof(changed), 0
        return True

    def evict(self, excess: int) -> TextPayload | None:
        if not self._length:
            return None
        share = min(excess / self.size, 1.0)
        drop = self._drop(max(int(self._length * share), 1))
        return {"text": "", "drop": drop, "dropped": self.dropped}

    def shrink(self, share: float) -> None:
        self._drop(self._length - int(self._length * share))

    @staticmethod
    def merge(payloads: Sequence[TextPayload]) -> TextPayload:
        text = "".join([payload["text"] for payload in payloads])
        merged: TextPayload = {"text": text}
        if drop := sum([payload.get("drop", 0) for payload in payloads]):
            merged["drop"] = drop
            merged["dropped"] = max([payload.get("dropped", 0) for payload in payloads])
        return merged

    def state(self) -> TextPayload:
        return {"text": self.text, "dropped": self.dropped}

    def plain(self) -> str:
        return self._format_dropped() + self.text

    def markdown(self) -> str:
        return self._format_dropped() + defuse_markdown(self.text)

    def html(self) -> str:
        omitted = self._format_dropped().strip()
        note = f'<p class="nbstream-note"><em>{omitted}</em></p>\n' if omitted else ""
        return note + render_markdown(self.text) if self.text else note

    def _format_dropped(self) -> str:
        evicted = format_count(self.dropped, "character")
        return f"[… {evicted} before this]\n" if self.dropped else ""

    def _join(self) -> None:
        if self._recent:
            joined = "".join(self._recent)
            self._joined.append(joined)
            self._recent.clear()
            self.size += getsizeof(joined) - self._recent_size
            self._recent_size = 0

    def _drop(self, excess: int) -> int:
        """Evict so many of the oldest characters. Returns their number of UTF-16
        units."""
        self._join()
        evicted: list[str] = []
        while excess > 0 and self._joined:
            oldest = self._joined.popleft()
            self.size -= getsizeof(oldest)
            if len(oldest) > excess:
                self._joined.appendleft(oldest[excess:])
                self.size += getsizeof(self._joined[0])
                oldest = oldest[:excess]
            evicted.append(oldest)
            excess -= len(oldest)
        dropped = "".join(evicted)
        self._length -= len(dropped)
        self.dropped += len(dropped)
        return len(dropped.encode("utf-16-le", "surrogatepass")) // 2
