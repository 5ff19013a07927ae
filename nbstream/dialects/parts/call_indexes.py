"""Tool calls that a format names by ids alone, numbered for the transcript."""

from __future__ import annotations

from ...text.clipping import clip_name

# An answer has a few calls; a server that never ends them has no more of our memory.
_MAX_CALLS = 10_000


class CallIndexes:
    """Numbers the calls of one stream in the order in which they begin."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}
        self._argued: set[str] = set()

    def index_of(self, id: str) -> int:
        """Return the index of a call, a new one for an id that is new."""
        id = clip_name(id)
        if id not in self._indexes and len(self._indexes) >= _MAX_CALLS:
            return _MAX_CALLS
        return self._indexes.setdefault(id, len(self._indexes))

    def has_arguments(self, id: str) -> bool:
        """Whether arguments of a call have been shown: what repeats them is not."""
        return clip_name(id) in self._argued

    def note_arguments(self, id: str) -> None:
        """Note that arguments of a call have been shown."""
        if len(self._argued) < _MAX_CALLS:
            self._argued.add(clip_name(id))
