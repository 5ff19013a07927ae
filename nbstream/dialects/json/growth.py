"""What is new in texts that a server sends whole each time."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b

from ...text.clipping import clip_name

# A stream has a few texts that grow at once; one that names more keeps the newest.
_MAX_TEXTS = 200
_MAX_KEPT = 64 * 1024
"""Characters of a text that are kept; of a longer one it is its digest."""


class Growth:
    """Remembers what of each text has been shown, so that only what is new is."""

    def __init__(self) -> None:
        self._shown: dict[Hashable, _Text] = {}

    def add(self, key: Hashable, piece: str) -> None:
        """Note a piece of a text that was sent by itself."""
        key = _short(key)
        if key not in self._shown:
            if len(self._shown) >= _MAX_TEXTS:
                del self._shown[next(iter(self._shown))]
            self._shown[key] = _Text()
        self._shown[key].add(piece)

    def has_begun(self, key: Hashable) -> bool:
        """Whether something of a text has been shown."""
        return _short(key) in self._shown

    def new_in(self, key: Hashable, whole: str) -> str:
        """Return what of a whole text has not been shown. A text that is no longer the
        one that was shown is new as a whole, as a paragraph of its own."""
        key = _short(key)
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
        self._shown[key] = _Text()
        self._shown[key].add(whole)
        return f"\n\n{whole}"

    def is_all_of(self, key: Hashable, whole: str) -> bool:
        """Whether what has been shown is as long as this whole text: then a piece that
        is appended to it is new."""
        shown = self._shown.get(_short(key))
        return (0 if shown is None else shown.length) == len(whole)


class _Text:
    """One text that has been shown: itself, or its length and digest."""

    def __init__(self) -> None:
        self.length = 0
        # In pieces: adding to one long string would copy it for each piece.
        self._pieces: list[str] = []
        self._digest: blake2b | None = None

    def add(self, piece: str) -> None:
        self.length += len(piece)
        if self._digest is not None:
            self._digest.update(_encoded(piece))
            return
        self._pieces.append(piece)
        if self.length > _MAX_KEPT:
            self._digest = blake2b(_encoded("".join(self._pieces)))
            self._pieces.clear()

    def starts_with(self, whole: str) -> bool:
        """Whether a text is a beginning of it. Of a long one, a shorter one is."""
        if self._digest is not None:
            return len(whole) < self.length
        return "".join(self._pieces).startswith(whole)

    def begins(self, whole: str) -> bool:
        """Whether it is the beginning of a text."""
        if self._digest is None:
            return whole.startswith("".join(self._pieces))
        beginning = blake2b(_encoded(whole[: self.length]))
        return beginning.digest() == self._digest.digest()


def _short(key: Hashable) -> Hashable:
    if isinstance(key, tuple):
        return tuple(map(_short, key))
    return clip_name(key) if isinstance(key, str) else key


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
