"""Assemble tool calls from pieces: decide which pieces belong to one call.

OpenAI numbers the calls of an answer, and names each in its first piece. Compatible
servers send the same number for all calls, no number, empty ids, a new id with each
piece, whole calls in succession, or a whole call again at its end.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ...text.clipping import clip_name
from ...updates import ToolCall
from ..json.fields import stringify

# Bounds memory; an answer has a few calls.
_MAX_CALLS = 500
_MAX_KEPT = 16 * 1024
"""Characters of a call's arguments that are kept, to detect repeats."""

_MARK = re.compile(r'[{}\[\]"]|\\.?', re.DOTALL)


class ToolCalls:
    """Give each call of one stream a unique number, and its id and name once."""

    def __init__(self) -> None:
        self._by_id: dict[str, _Call] = {}
        self._by_place: dict[int, _Call] = {}
        self._highest = -1

    def read(
        self, place: int, id: Any = "", name: str = "", arguments: Any = ""
    ) -> list[ToolCall]:
        """Return the update for one piece of a call; empty if it adds nothing.

        Args:
            place: the server's index of the call; if it sends none, the index among the
                calls of the same event.
            id: the server's id; empty if it sends none.
            name: the tool's name; only the first piece needs it.
            arguments: a piece of their JSON, a list of pieces, or the value itself.
        """
        id, name = clip_name(stringify(id)), clip_name(name)
        piece = _join_arguments(arguments)
        if not (id or name or piece):
            return []
        call = self._by_id.get(id) if id else None
        known = call is not None
        call = call or self._by_place.get(place)
        if call is not None and call.repeats(id, name, piece, known=known):
            return []
        if call is None or call.ends_before(id, name, piece, known=known):
            # Without a name it is another call of the same tool.
            name = name or (call.name if call is not None else "")
            call = self._begin_call(place)
        self._remember(call, place, id)
        return call.add(id, name, piece)

    def _begin_call(self, place: int) -> _Call:
        self._highest = max(self._highest + 1, place)
        return _Call(self._highest)

    def _remember(self, call: _Call, place: int, id: str) -> None:
        """Index the call by its place and id; evict the oldest."""
        self._by_place.pop(place, None)
        self._by_place[place] = call
        if id:
            self._by_id.pop(id, None)
            self._by_id[id] = call
        _evict_oldest(self._by_id)
        _evict_oldest(self._by_place)


class _Call:
    """Collect the pieces of one call."""

    def __init__(self, number: int) -> None:
        self.name = ""
        self._number = number
        self._id = ""
        self._has_many_ids = False
        self._arguments = _Arguments()

    def repeats(self, id: str, name: str, piece: str, *, known: bool) -> bool:
        """True if a piece repeats the whole call."""
        if not self._arguments.is_complete or (name and name != self.name):
            return False
        if id and self._id and not (known or self._has_many_ids):
            return False  # a second call of the same tool with the same arguments
        return self._arguments.is_equal(piece)

    def ends_before(self, id: str, name: str, piece: str, *, known: bool) -> bool:
        """True if a piece begins another call.

        Args:
            id: the piece's id; empty if it has none.
            name: the tool's name in it; empty if it has none.
            piece: a piece of the arguments.
            known: true if the id is known, and is of this call.
        """
        begins = _begins_value(piece)
        if name and self.name and name != self.name:
            return True
        if self._arguments.is_complete and begins:
            return True
        if not id or known or not self._id:
            return False
        # A new id: another call, or a server that sends a new id with each piece.
        if self._arguments.is_complete:
            return bool(name or (piece.strip() and not self._has_many_ids))
        return bool(name) and (begins or not piece)

    def add(self, id: str, name: str, piece: str) -> list[ToolCall]:
        """Return the update for a piece of this call, without what is known."""
        new_id, new_name = "" if self._id else id, "" if self.name else name
        self._has_many_ids |= bool(id and self._id and id != self._id)
        self._id, self.name = self._id or id, self.name or name
        self._arguments.add(piece)
        if not (new_id or new_name or piece):
            return []
        return [ToolCall(self._number, new_id, new_name, piece)]


class _Arguments:
    """Collect the arguments of one call, and detect their end."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._kept = 0
        self._size = 0
        self._is_value = False
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def is_complete(self) -> bool:
        """True if an object or a list has been closed."""
        return self._is_value and self._depth == 0 and not self._in_string

    def add(self, piece: str) -> None:
        """Append a piece."""
        if not piece:
            return
        if not self._size:
            self._is_value = _begins_value(piece)
        self._size += len(piece)
        if (room := _MAX_KEPT - self._kept) > 0:
            self._pieces.append(piece[:room])
            self._kept += len(self._pieces[-1])
        start, self._escaped = int(self._escaped), False
        for mark in _MARK.finditer(piece, start):
            found = mark[0]
            if found[0] == "\\":
                self._escaped = len(found) == 1
            elif found == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if found in "{[" else -1

    def is_equal(self, piece: str) -> bool:
        """True if a piece is equal to all of them, also as JSON spelled differently."""
        kept = "".join(self._pieces)
        if self._size > self._kept:
            return len(piece) == self._size and piece.startswith(kept)
        if piece == kept:
            return True
        return _begins_value(piece) and _normalise(piece) == _normalise(kept) != ""


def _evict_oldest(calls: dict[Any, _Call]) -> None:
    if len(calls) > _MAX_CALLS:
        del calls[next(iter(calls))]


def _join_arguments(arguments: Any) -> str:
    if isinstance(arguments, list) and all(isinstance(p, str) for p in arguments):
        return "".join(arguments)
    return stringify(arguments)


def _begins_value(piece: str) -> bool:
    """True if a piece may begin arguments: an object or a list."""
    return piece.lstrip().startswith(("{", "["))


def _normalise(value: str) -> str:
    """Return JSON in a canonical spelling; empty if it is not JSON."""
    try:
        return json.dumps(json.loads(value), sort_keys=True)
    except (ValueError, RecursionError):
        return ""
