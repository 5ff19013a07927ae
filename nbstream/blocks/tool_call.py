"""A call that a model asks for."""

from __future__ import annotations

import json
from html import escape
from typing import Any, ClassVar

from ..updates import Text, ToolCall
from ..wellformed import whole
from .block import Limits, Payload
from .markup import clipped, fenced, folded_code
from .text import TextBlock

_MAX_NAME = 200
_MAX_LINE = 200
_MAX_PRETTY = 200_000  # characters


class ToolCallBlock:
    """One call: its name, and its arguments as they grow."""

    kind: ClassVar[str] = "tool_call"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        self._text = TextBlock(limits)
        self._id = ""
        self._name = ""

    @property
    def text(self) -> str:
        """What is kept of the arguments."""
        return self._text.text

    @property
    def dropped(self) -> int:
        """How many of their characters are not."""
        return self._text.dropped

    def told(self) -> dict[str, Any]:
        """The call as a value."""
        try:
            arguments = json.loads(self.text or "{}")
        except (ValueError, RecursionError):
            arguments = self.text
        return {"id": self._id, "name": self._name, "arguments": arguments}

    def continues(self, update: ToolCall) -> bool:
        """Whether this is more of the same call. Servers that repeat the id or the
        name with every piece are as common as those that tell them once."""
        if update.id and self._id:
            return update.id == self._id
        return not update.name or update.name == self._name

    def add(self, update: ToolCall) -> Payload:
        payload = self._text.add(Text(update.arguments))
        if update.id and not self._id:
            self._id = payload["id"] = update.id
        if update.name and not self._name:
            self._name = payload["name"] = clipped(update.name, _MAX_NAME)
        return payload

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        return earlier | later | TextBlock.merge(earlier, later)

    def state(self) -> Payload:
        named = {"id": self._id, "name": self._name}
        return self._text.state() | {k: v for k, v in named.items() if v}

    def plain(self) -> str:
        line = " ".join(self._arguments().split())
        return f"[Tool call] {self._name} {clipped(line, _MAX_LINE)}".rstrip()

    def markdown(self) -> str:
        # Markup up to the next empty line: what is escaped and on one line stays in.
        name = escape(" ".join(self._name.split()))
        return (
            f"<details>\n<summary>Tool call {name}</summary>\n\n"
            f"{fenced(self._arguments(), 'json')}\n\n</details>"
        )

    def html(self) -> str:
        summary = f"Tool call <code>{escape(self._name)}</code>"
        return folded_code("nbstream-tool-call", summary, self._arguments())

    def _arguments(self) -> str:
        if self.dropped:
            return f"[… {self.dropped:,} characters before this]\n{self.text}"
        return pretty(self.text)


def pretty(text: str) -> str:
    """JSON with a line for each value; other text, such as half of it, as it is. So is
    JSON that is large, or so deeply nested that it would be much longer."""
    if len(text) > _MAX_PRETTY:
        return text
    room = 4 * len(text) + 1000
    pieces: list[str] = []
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(
            json.loads(text)
        ):
            room -= len(piece)
            if room < 0:
                return text
            pieces.append(piece)
    except (ValueError, RecursionError):
        return text
    return whole("".join(pieces))
