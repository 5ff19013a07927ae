"""Compute the deltas of texts that a server sends whole each time."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b

from ...text.clipping import clip_name

# A stream has few growing texts at once; of more, only the newest are kept.
_MAX_TEXTS = 200
_MAX_KEPT = 64 * 1024
"""Characters; of a longer text only the length and the digest are kept."""


class Growth:
    """Keep what has been shown of each text, and return the rest of a longer one."""

    def __init__(self) -> None:
        self._shown: dict[Hashable, _ShownText] = {}

    def add(self, key: Hashable, piece: str) -> None:
        """Append a piece that was sent as a delta."""
        key = _bounded_key(key)
        if key not in self._shown:
            if len(self._shown) >= _MAX_TEXTS:
                del self._shown[next(iter(self._shown))]
            self._shown[key] = _ShownText()
        self._shown[key].add(piece)

    def has_begun(self, key: Hashable) -> bool:
        """True if a part of a text has been shown."""
        return _bounded_key(key) in self._shown

    def new_in(self, key: Hashable, whole: str) -> str:
        """Return the part of a whole text that has not been shown. A text that does not
        continue the shown one is new as a whole, after a blank line."""
        key = _bounded_key(key)
        shown = self._shown.get(key)
        if shown is None:
            if whole:
                self.add(key, whole)
            return whole
        if shown.starts_with(whole):
            return ""
        if shown.begins(whole):
            new = whole[shown.length :]
            shown.add(new)
            return new
        self._shown[key] = _ShownText()
        self._shown[key].add(whole)
        return f"\n\n{whole}"

    def is_all_of(self, key: Hashable, whole: str) -> bool:
        """True if all of this text has been shown: then a piece appended to it is
        new."""
        shown = self._shown.get(_bounded_key(key))
        return (0 if shown is None else shown.length) == len(whole)


class _ShownText:
    """Keep one shown text, or its length and digest if it is long."""

    def __init__(self) -> None:
        self.length = 0
        # A list: appending to a long string would copy it for each piece.
        self._pieces: list[str] = []
        self._digest: blake2b | None = None

    def add(self, piece: str) -> None:
        self.length += len(piece)
        if self._digest is not None:
            self._digest.update(_encode(piece))
            return
        self._pieces.append(piece)
        if self.length > _MAX_KEPT:
            self._digest = blake2b(_encode("".join(self._pieces)))
            self._pieces.clear()

    def starts_with(self, whole: str) -> bool:
        """True if a text is a prefix of it; for a long one, if the text is shorter."""
        if self._digest is not None:
            return len(whole) < self.length
        return "".join(self._pieces).startswith(whole)

    def begins(self, whole: str) -> bool:
        """True if it is a prefix of a text."""
        if self._digest is None:
            return whole.startswith("".join(self._pieces))
        beginning = blake2b(_encode(whole[: self.length]))
        return beginning.digest() == self._digest.digest()


def _bounded_key(key: Hashable) -> Hashable:
    if isinstance(key, tuple):
        return tuple(map(_bounded_key, key))
    return clip_name(key) if isinstance(key, str) else key


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
