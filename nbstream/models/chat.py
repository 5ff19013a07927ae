"""A conversation that goes on from cell to cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .question import Message


@dataclass(slots=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str = ""
    model: str = ""
    cell: str | None = None
    """The notebook's cell that asked, where the page says."""


@dataclass(slots=True)
class Chat:
    """The turns of one conversation, in the order of their cells' first runs.

    A cell that runs again asks with what came before its turn, and its new answer takes
    the old one's place: so a notebook that is run from the top twice holds the same
    conversation. A question without an answer leaves no turn behind.
    """

    name: str
    system: str = ""
    turns: list[Turn] = field(default_factory=list)
    _open: list[str | None] = field(default_factory=list)  # the cells that ask now

    def waits(self, cell: str | None) -> bool:
        """Whether a question of another cell has no answer yet, so that one of this
        cell could not be asked with it."""
        return any(other is None or other != cell for other in self._open)

    def to_send(self, question: str, cell: str | None) -> list[Message]:
        """The question of this cell, after all that was said before it."""
        at = self._turn_of(cell)
        before = self.turns if at is None else self.turns[:at]
        messages = [message for turn in before for message in _messages(turn)]
        return [*messages, {"role": "user", "content": question}]

    def ask(self, question: str, cell: str | None) -> Callable[[str, str], None]:
        """Begin a turn. Returns what to call at its end with the answer, empty if there
        is none, and the model that gave it."""
        self._open.append(cell)

        def ended(answer: str, model: str) -> None:
            self._open.remove(cell)
            if not answer:
                return
            turn = Turn(question, answer, model, cell)
            now = self._turn_of(cell)
            if now is None:
                self.turns.append(turn)
            else:
                self.turns[now] = turn

        return ended

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as the vendors' APIs take it."""
        system = [{"role": "system", "content": self.system}] * bool(self.system)
        return [*system, *(dict(m) for turn in self.turns for m in _messages(turn))]

    def as_json(self) -> str:
        """The conversation to be kept in a file."""
        return json.dumps(self.messages, ensure_ascii=False, indent=1)

    def as_markdown(self) -> str:
        """The conversation to be read."""
        parts = [f"*{self.system}*"] if self.system else []
        for turn in self.turns:
            asked = "\n".join(f"> {line}" for line in turn.question.splitlines())
            parts.append(f"{asked}\n\n**{turn.model}**\n\n{turn.answer}")
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
