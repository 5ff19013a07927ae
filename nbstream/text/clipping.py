"""Cut text and values that are too long, and count in them what was cut."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from ..limits import MAX_NAME
from .value_size import size_of

_DEEPEST = 50
"""Levels that are kept of a nested value that is too large."""


def clip_line(text: str, length: int) -> str:
    """Return at most so many characters, with `…` at the end if there were more."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def clip_name(name: str) -> str:
    """Return a name, a key or an id of at most `MAX_NAME` characters. One that is cut
    ends in a digest of all of it, so that different names stay different."""
    if len(name) <= MAX_NAME:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{name[: MAX_NAME - len(digest) - 1]}…{digest}"


def clip_text(text: str, length: int) -> str:
    """Return the first so many characters, and how many more there were."""
    if len(text) <= length:
        return text
    return f"{text[:length]} [… {len(text) - length:,} more characters]"


def clip_beginning(text: str, length: int) -> str:
    """Return the last so many characters, and how many there were before."""
    if len(text) <= length:
        return text
    return f"[… {len(text) - length:,} characters before this]\n{text[-length:]}"


def clip_value(value: Any, size: int) -> Any:
    """Return a JSON value of about `size` bytes at most; the same object if it is small
    enough. Notes in the value count what was cut."""
    return value if size_of(value) <= size else _Clipper(size).clip(value)


class _Clipper:
    """Clips one value: keeps what comes first until the room is used up."""

    def __init__(self, room: int) -> None:
        self._room = room

    def clip(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            kept = clip_text(value, max(self._room // 4, 0))
            self._room -= size_of(kept)
            return kept
        if not isinstance(value, dict | list):
            self._room -= size_of(value)
            return value
        if depth >= _DEEPEST:
            return "[…]"
        self._room -= 100
        return (
            self._clip_object(value, depth)
            if isinstance(value, dict)
            else self._clip_list(value, depth)
        )

    def _clip_object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, inner in value.items():
            if self._room <= 0:
                kept["…"] = f"[… {len(value) - len(kept):,} more fields]"
                break
            name = clip_name(key)
            self._room -= size_of(name) + 50
            kept[name] = self.clip(inner, depth + 1)
        return kept

    def _clip_list(self, value: list[Any], depth: int) -> list[Any]:
        kept: list[Any] = []
        for inner in value:
            if self._room <= 0:
                kept.append(f"[… {len(value) - len(kept):,} more values]")
                break
            self._room -= 8
            kept.append(self.clip(inner, depth + 1))
        return kept
