"""Separate reasoning between tags from the answer's text: `<think>…</think>`.

Open models such as DeepSeek-R1 and Qwen3 begin with it, and a server that is not
configured to extract it (`--reasoning-parser` of vLLM, `reasoning_format` of llama.cpp)
sends it as content. Only a tag that begins the answer counts: later ones are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...updates import Failed, Finished, Reasoning, Stopped, Text, ToolCall, Update

_TAGS = ("think", "thinking", "reasoning")
_OPENING = {f"<{tag}>": f"</{tag}>" for tag in _TAGS}
# The closing tag alone is an empty thought whose opening tag is in the chat template.
_FIRST_TAGS = (*_OPENING, *_OPENING.values())
_LONGEST = max(map(len, _FIRST_TAGS))
_CLOSING = {
    closing: re.compile(closing, re.IGNORECASE) for closing in _OPENING.values()
}
# Longer white space belongs to the answer.
_MAX_BLANK = 200


class ThinkingTags:
    """Turn text between tags at the beginning of one answer into reasoning.

    Text is passed on at once. Only a possible beginning of a tag, and the white space
    before it, is held back.
    """

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        """The closing tag of the open thought; empty if none is open."""
        self._can_open = True
        """True until the answer has text: only there a tag may open a thought."""
        self._thought_is_empty = True
        """True until the open thought has text."""
        self._had_thought = False
        """True after the first opening tag."""

    def read(self, updates: Iterable[Update]) -> list[Update]:
        """Return the updates, with the text between tags as `Reasoning`."""
        read: list[Update] = []
        for update in updates:
            if type(update) is Text:
                read += self._read_text(update)
            else:
                if isinstance(update, ToolCall | Stopped | Failed | Finished):
                    read += self.end()
                read.append(update)
        return read

    def end(self) -> Sequence[Text | Reasoning]:
        """Return the text that was held back: no more text can complete a tag."""
        held, self._held = self._held, ""
        if self._closing:
            return [Reasoning(held)] if held else []
        return self._read_answer(held) if held else []

    def _read_text(self, update: Text) -> list[Text | Reasoning]:
        if not (self._can_open or self._closing):
            return [update]
        rest, self._held = self._held + update.text, ""
        read: list[Text | Reasoning] = []
        while rest:
            if self._closing:
                piece, rest = self._take_thought(rest)
                if piece:
                    read.append(Reasoning(piece))
                continue
            start = rest.lstrip()
            tag = next((t for t in _FIRST_TAGS if start[: len(t)].lower() == t), "")
            if tag:
                self._closing = _OPENING.get(tag, "")
                self._thought_is_empty = self._had_thought = True
                rest = start[len(tag) :]
            elif _is_partial_tag(start) and len(rest) < _MAX_BLANK:
                self._held = rest
                break
            else:
                read += self._read_answer(rest)
                break
        return read

    def _take_thought(self, rest: str) -> tuple[str, str]:
        """Return the thought in a text, and what follows it."""
        if end := _CLOSING[self._closing].search(rest):
            piece, rest = rest[: end.start()], rest[end.end() :]
            self._closing = ""
        else:
            whole = len(rest) - _partial_tag_length(rest, self._closing)
            piece, self._held, rest = rest[:whole], rest[whole:], ""
        if self._thought_is_empty:
            piece = piece.lstrip()
            self._thought_is_empty = not piece
        return piece, rest

    def _read_answer(self, text: str) -> list[Text | Reasoning]:
        """Return the first piece of the answer, without the blank lines after a
        thought."""
        start = text.lstrip()
        if self._had_thought:
            indent = text[: len(text) - len(start)].rpartition("\n")
            text = (indent[2] if indent[1] else "") + start
        self._can_open = not start
        return [Text(text)] if text else []


def _is_partial_tag(start: str) -> bool:
    """True if more text could complete a tag; also for an empty text."""
    if len(start) >= _LONGEST:
        return False
    return any(tag.startswith(start.lower()) for tag in _FIRST_TAGS)


def _partial_tag_length(text: str, tag: str) -> int:
    """Return how many characters at the end of a text may begin a tag."""
    lengths = range(min(len(tag) - 1, len(text)), 0, -1)
    return next((n for n in lengths if tag.startswith(text[-n:].lower())), 0)
