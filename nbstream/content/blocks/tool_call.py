"""A tool call that a model requests."""

from __future__ import annotations

import json
from html import escape
from typing import Any, ClassVar, NotRequired

from ...limits import Limits
from ...rendering.format import format_count
from ...rendering.html import fence_code, fold_code
from ...sse.redaction import Redactor
from ...text.clipping import clip_line, clip_name
from ...text.invisible_characters import escape_invisible_in_code, join_surrogates
from ...updates import Text, ToolCall
from .growing_text import GrowingText
from .text import TextPayload

_MAX_LINE = 200
_MAX_PRETTY = 200_000  # characters


class ToolCallPayload(TextPayload):
    """Arguments to append, and the identity of the call."""

    id: NotRequired[str]
    name: NotRequired[str]


class ToolCallBlock(GrowingText[ToolCallPayload]):
    """One call: its name, and its arguments, which grow."""

    kind: ClassVar[str] = "tool_call"
    single: ClassVar[bool] = False

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._id = ""
        self._name = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the call as a dictionary: `id`, `name`, `arguments`."""
        try:
            arguments = json.loads(self.text or "{}")
        except (ValueError, RecursionError):
            arguments = self.text
        return {"id": self._id, "name": self._name, "arguments": arguments}

    def is_continued_by(self, update: ToolCall) -> bool:
        """Check that an update continues this call. Some servers repeat the id or the
        name with every piece, others send them once."""
        if update.id and self._id:
            return clip_name(update.id) == self._id
        return not update.name or clip_name(update.name) == self._name

    def add(self, update: ToolCall) -> ToolCallPayload:
        payload = self._cast(self._text.add(Text(update.arguments)))
        if update.id and not self._id:
            self._id = payload["id"] = clip_name(update.id)
        if update.name and not self._name:
            self._name = payload["name"] = clip_name(update.name)
        return payload

    def redact(self, redactor: Redactor) -> bool:
        """Redact secrets that arrived in pieces. Returns whether there were any."""
        return self._text.replace(redactor.piece)

    def state(self) -> ToolCallPayload:
        state = self._cast(self._text.state())
        if self._id:
            state["id"] = self._id
        if self._name:
            state["name"] = self._name
        return state

    def plain(self) -> str:
        line = " ".join(self._format_arguments().split())
        name = escape_invisible_in_code(self._name)
        return f"[Tool call] {name} {clip_line(line, _MAX_LINE)}".rstrip()

    def markdown(self) -> str:
        # HTML in markdown ends at an empty line: the name stays on one line.
        name = escape(escape_invisible_in_code(" ".join(self._name.split())))
        return (
            f"<details>\n<summary>Tool call {name}</summary>\n\n"
            f"{fence_code(self._format_arguments(), 'json')}\n\n</details>"
        )

    def html(self) -> str:
        summary = (
            f"Tool call <code>{escape(escape_invisible_in_code(self._name))}</code>"
        )
        return fold_code("nbstream-tool-call", summary, self._format_arguments())

    def _format_arguments(self) -> str:
        if self.dropped:
            omitted = f"[… {format_count(self.dropped, 'character')} before this]\n"
            return omitted + escape_invisible_in_code(self.text)
        return escape_invisible_in_code(indent_json(self.text))


def indent_json(text: str) -> str:
    """Return JSON indented, with a line for each value. Text that is not JSON, large
    JSON, and JSON that indentation would make much longer are returned unchanged."""
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
    return join_surrogates("".join(pieces))
