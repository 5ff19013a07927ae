"""What is new in texts that a server sends whole each time."""

from __future__ import annotations

from collections.abc import Hashable

# A stream has a few texts that grow at once; one that names more keeps the newest.
_MAX_TEXTS = 200


class Growth:
    """Remembers what of each text has been shown, so that only what is new is."""

    def __init__(self) -> None:
        # In pieces: adding to one long string would copy it for each piece.
        self._shown: dict[Hashable, list[str]] = {}

    def add(self, key: Hashable, piece: str) -> None:
        """Note a piece of a text that was sent by itself."""
        if key not in self._shown and len(self._shown) >= _MAX_TEXTS:
            del self._shown[next(iter(self._shown))]
        self._shown.setdefault(key, []).append(piece)

    def has_begun(self, key: Hashable) -> bool:
        """Whether something of a text has been shown."""
        return key in self._shown

    def new_in(self, key: Hashable, whole: str) -> str:
        """Return what of a whole text has not been shown. A text that is no longer the
        one that was shown is new as a whole, as a paragraph of its own."""
        shown = "".join(self._shown.get(key, ()))
        if shown.startswith(whole):
            return ""
        if whole.startswith(shown):
            self.add(key, whole[len(shown) :])
            return whole[len(shown) :]
        self._shown[key] = [whole]
        return f"\n\n{whole}"

    def is_all_of(self, key: Hashable, whole: str) -> bool:
        """Whether what has been shown is as long as this whole text: then a piece that
        is appended to it is new."""
        return sum(map(len, self._shown.get(key, ()))) == len(whole)
