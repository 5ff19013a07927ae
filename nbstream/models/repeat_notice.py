"""Notify the reader where a broken connection made the request be sent again."""

from __future__ import annotations

from collections.abc import Sequence

from ..sse import ConnectionChange
from ..streams.pipeline import Stage
from ..updates import Note, Reasoning, Text, ToolCall, Update

_NOTICE = Note("The connection broke off here, so the question was asked again.")


class RepeatNotice(Stage):
    """A stage that inserts a note where a second answer follows part of a first one."""

    def __init__(self) -> None:
        self._has_answer = False

    def process(self, updates: Sequence[Update]) -> Sequence[Update]:
        if not self._has_answer:
            self._has_answer = any(map(_is_answer, updates))
        return updates

    def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
        if change.ready_state != "open" or change.note or not self._has_answer:
            return ()
        # Once: a connection reports again that it is open with a hint, and without it.
        self._has_answer = False
        return (_NOTICE,)


def _is_answer(update: Update) -> bool:
    if isinstance(update, Text | Reasoning):
        return bool(update.text)
    return isinstance(update, ToolCall) and bool(update.arguments)
