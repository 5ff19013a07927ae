"""A stream that is a model's answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..sources import Source
from ..sse import ConnectionChange, ServerSentEvent
from ..stream import State, Stream
from ..updates import Note, Reasoning, Text, ToolCall, Update, Usage
from .question import Message, Question
from .schema import read_json

# Servers tell what an answer took only at its end. Until then: about so many
# characters make a token, in most languages and tokenizers.
_CHARACTERS_A_TOKEN = 4
_ESTIMATE_EVERY = 0.5

_ASKED_AGAIN = Note("The connection broke off here, so the question was asked again.")


class ModelStream(Stream):
    """A Stream of what a model answers.

    Args:
        question: what was asked.
        source: where the answer comes from.
        notes: what the reader has to know of the question, in sentences.
        ended: called once, before anyone hears of the end, with the answer, which is
            empty unless the stream finished, and who gave it.
        options: as `Stream` takes them.
    """

    def __init__(
        self,
        question: Question,
        source: Source,
        *,
        notes: Sequence[str] = (),
        ended: Callable[[str, str], None] | None = None,
        **options: Any,
    ) -> None:
        self.question = question
        """What was asked."""
        self._told_end = ended
        self._characters = 0
        self._estimated = 0.0
        self._estimated_of = 0
        self._counted = False  # by the server, while it answers
        super().__init__(source, **options)
        if notes:
            self._take(None, [Note(note) for note in notes])

    @property
    def messages(self) -> list[Message]:
        """The conversation, with the text of the answer so far as its last message: to
        go on with, whoever is asked next. What else came of the answer, such as calls
        of tools, each vendor takes in words of its own."""
        asked = list(self.question.messages)
        if self.text:
            asked.append({"role": "assistant", "content": self.text})
        return asked

    def json(self) -> Any:
        """The answer as a value; where a schema was given, checked against it, and of
        its class if it is one.

        Raises:
            AnswerInvalid: if it is not JSON, or not what the schema asks for.
        """
        schema = self.question.schema
        return read_json(self.text) if schema is None else schema.read(self.text)

    def _take(self, event: ServerSentEvent | None, updates: Sequence[Update]) -> None:
        super()._take(event, updates)
        before = self._characters
        for update in updates:
            if isinstance(update, Text | Reasoning):
                self._characters += len(update.text)
            elif isinstance(update, ToolCall):
                self._characters += len(update.arguments)
            elif isinstance(update, Usage) and update.output_tokens is not None:
                # Some tell a first count before the answer, which is none of it.
                self._counted = self._counted or self._characters > 0
        # Also where much came at once, for then nothing may come for long.
        now = time.monotonic()
        due = now - self._estimated >= _ESTIMATE_EVERY
        due = due or self._characters >= 2 * self._estimated_of
        if self._characters > before and due:
            self._estimated = now
            self._estimate()

    def _estimate(self) -> None:
        self._estimated_of = self._characters
        if self._characters and not self._counted:
            tokens = max(1, self._characters // _CHARACTERS_A_TOKEN)
            self.transcript.apply(Usage(output_tokens=tokens, estimated=True))

    def _on_connection(self, change: ConnectionChange) -> None:
        if change.ready_state == "open" and self._characters:
            self._take(None, [_ASKED_AGAIN])
            self._counted = False
        super()._on_connection(change)

    def _finish(
        self, state: State, reason: str = "", error: Exception | None = None
    ) -> None:
        if not self.done:
            self._see_the_rest()
            # Of all that came, so that the same answer leaves the same behind.
            self._estimate()
            if self._told_end is not None:
                self._told_end(self.text if state == "finished" else "", self.label)
        super()._finish(state, reason, error)
