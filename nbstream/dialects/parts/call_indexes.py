"""Number the tool calls of a format that identifies them by ids alone."""

from __future__ import annotations

from ...text.clipping import clip_name

# Bounds memory; an answer has a few calls.
_MAX_CALLS = 10_000


class CallIndexes:
    """Number the calls of one stream in the order in which they begin."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}
        self._with_arguments: set[str] = set()

    def index_of(self, id: str) -> int:
        """Return the index of a call; a new id gets the next one."""
        id = clip_name(id)
        if id not in self._indexes and len(self._indexes) >= _MAX_CALLS:
            return _MAX_CALLS
        return self._indexes.setdefault(id, len(self._indexes))

    def has_arguments(self, id: str) -> bool:
        """True if arguments of a call have been shown: repeats are dropped."""
        return clip_name(id) in self._with_arguments

    def note_arguments(self, id: str) -> None:
        """Note that arguments of a call have been shown."""
        if len(self._with_arguments) < _MAX_CALLS:
            self._with_arguments.add(clip_name(id))
