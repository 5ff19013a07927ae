"""Thinking that a model writes into its answer, between tags: `<think>…</think>`.

Open models such as DeepSeek-R1 and Qwen3 begin with it, and a server that is not told
to take it out (`--reasoning-parser` of vLLM, `reasoning_format` of llama.cpp) sends it
as content. Only a tag that begins the answer counts: later ones are its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...updates import Failed, Finished, Reasoning, Stopped, Text, ToolCall, Update

_TAGS = ("think", "thinking", "reasoning")
_OPENING = {f"<{tag}>": f"</{tag}>" for tag in _TAGS}
# Where the chat template has the opening tag, an empty thought is its closing one.
_BEGIN = (*_OPENING, *_OPENING.values())
_LONGEST = max(map(len, _BEGIN))
_CLOSES = {closing: re.compile(closing, re.IGNORECASE) for closing in _OPENING.values()}
# Blank space past this is the answer's own.
_MAX_BLANK = 200


class ThinkingTags:
    """Turns text between tags at the beginning of one answer into reasoning.

    Text is passed on at once. Held back is only what may be the beginning of a tag, and
    blank space before one, so at most a few characters.
    """

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        """The tag that ends the thought that is open; empty if none is."""
        self._begins = True
        """Whether nothing but thoughts and blank space has come: a tag may follow."""
        self._fresh = True
        """Whether nothing of the open thought has come yet."""
        self._thought = False
        """Whether a thought came before."""

    def read(self, updates: Iterable[Update]) -> list[Update]:
        """Return the updates, with text that is thinking as `Reasoning`."""
        read: list[Update] = []
        for update in updates:
            if type(update) is Text:
                read += self._text(update)
            else:
                if isinstance(update, ToolCall | Stopped | Failed | Finished):
                    read += self.end()
                read.append(update)
        return read

    def end(self) -> Sequence[Text | Reasoning]:
        """Return what is held back: no more comes that could complete a tag."""
        held, self._held = self._held, ""
        if self._closing:
            return [Reasoning(held)] if held else []
        return self._answer(held) if held else []

    def _text(self, update: Text) -> list[Text | Reasoning]:
        if not (self._begins or self._closing):
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
            tag = next((t for t in _BEGIN if start[: len(t)].lower() == t), "")
            if tag:
                self._closing = _OPENING.get(tag, "")
                self._fresh = self._thought = True
                rest = start[len(tag) :]
            elif _may_be_a_tag(start) and len(rest) < _MAX_BLANK:
                self._held = rest
                break
            else:
                read += self._answer(rest)
                break
        return read

    def _take_thought(self, rest: str) -> tuple[str, str]:
        """Return the thought in a text, and what follows it."""
        if end := _CLOSES[self._closing].search(rest):
            piece, rest = rest[: end.start()], rest[end.end() :]
            self._closing = ""
        else:
            whole = len(rest) - _beginning_at_end(rest, self._closing)
            piece, self._held, rest = rest[:whole], rest[whole:], ""
        if self._fresh:
            piece = piece.lstrip()
            self._fresh = not piece
        return piece, rest

    def _answer(self, text: str) -> list[Text | Reasoning]:
        """Return the first piece of the answer. Blank lines between a thought and the
        answer are of neither."""
        start = text.lstrip()
        if self._thought:
            indent = text[: len(text) - len(start)].rpartition("\n")
            text = (indent[2] if indent[1] else "") + start
        self._begins = not start
        return [Text(text)] if text else []


def _may_be_a_tag(start: str) -> bool:
    """Whether more could make a text a tag. Blank space alone could come before one."""
    if len(start) >= _LONGEST:
        return False
    return any(tag.startswith(start.lower()) for tag in _BEGIN)


def _beginning_at_end(text: str, tag: str) -> int:
    """Return how many characters at the end of a text may begin a tag."""
    lengths = range(min(len(tag) - 1, len(text)), 0, -1)
    return next((n for n in lengths if tag.startswith(text[-n:].lower())), 0)
