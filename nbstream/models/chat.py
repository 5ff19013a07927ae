"""Chat: a conversation over several cells."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .request import Message


@dataclass(slots=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str = ""
    model: str = ""
    """The label of the stream that answered, such as `claude:MODEL`."""
    cell: str | None = None
    """The id of the notebook's cell; None if unknown."""


@dataclass(slots=True)
class Chat:
    """The turns of one conversation, in the order of their cells' first runs.

    A cell that runs again sends only the turns before its own, and its new answer
    replaces the old one: a notebook that is run from the top twice holds the same
    conversation. A question without an answer leaves no turn.
    """

    name: str
    system: str = ""
    turns: list[Turn] = field(default_factory=list)
    # The cells whose answer is pending.
    _open: list[str | None] = field(default_factory=list)

    def waits(self, cell: str | None) -> bool:
        """Return whether the answer to another cell's question is pending, so that a
        request of this cell could not include it."""
        return any(other is None or other != cell for other in self._open)

    def messages_for(self, question: str, cell: str | None) -> list[Message]:
        """Return the messages of a request: the turns before this cell's, then its
        question."""
        at = self._turn_of(cell)
        before = self.turns if at is None else self.turns[:at]
        messages = [message for turn in before for message in _messages(turn)]
        return [*messages, {"role": "user", "content": question}]

    def ask(self, question: str, cell: str | None) -> Callable[[str, str], None]:
        """Begin a turn. Returns a function to call at its end with the answer, empty if
        there is none, and the label of the model."""
        self._open.append(cell)

        def end(answer: str, model: str) -> None:
            self._open.remove(cell)
            if not answer:
                return
            turn = Turn(question, answer, model, cell)
            now = self._turn_of(cell)
            if now is None:
                self.turns.append(turn)
            else:
                self.turns[now] = turn

        return end

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation in the format of the vendors' APIs."""
        system = [{"role": "system", "content": self.system}] * bool(self.system)
        return [*system, *(dict(m) for turn in self.turns for m in _messages(turn))]

    def as_json(self) -> str:
        """Return the messages as JSON, to keep in a file."""
        return json.dumps(self.messages, ensure_ascii=False, indent=1)

    def as_markdown(self) -> str:
        """Return the conversation as Markdown, to be read."""
        parts = [f"*{self.system}*"] if self.system else []
        for turn in self.turns:
            quoted = "\n".join(f"> {line}" for line in turn.question.splitlines())
            parts.append(f"{quoted}\n\n**{turn.model}**\n\n{turn.answer}")
        return "\n\n---\n\n".join(parts) or "Nothing was said yet."

    def _turn_of(self, cell: str | None) -> int | None:
        if cell is None:
            return None
        return next((i for i, t in enumerate(self.turns) if t.cell == cell), None)


def _messages(turn: Turn) -> list[Message]:
    return [
        {"role": "user", "content": turn.question},
        {"role": "assistant", "content": turn.answer},
    ]
