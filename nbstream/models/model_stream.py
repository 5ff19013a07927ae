"""A stream that is a model's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..sources import Source
from ..sse import ConnectionChange
from ..streams.handle import State, Stream
from ..streams.tracebacks import without_our_frames
from ..updates import Note
from .answer import read_json
from .question import Message, Question
from .token_estimate import TokenEstimate

_ASKED_AGAIN = Note("The connection broke off here, so the question was asked again.")


class ModelStream(Stream):
    """A Stream of what a model answers.

    Args:
        question: what was asked.
        source: where the answer comes from.
        notes: what the reader has to know of the question, in sentences.
        options: as `Stream` takes them.
    """

    def __init__(
        self,
        question: Question,
        source: Source,
        *,
        notes: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self._tokens = TokenEstimate()
        super().__init__(source, stages=[self._tokens], **options)
        self.question = question
        """What was asked."""
        self.on_end: Callable[[str, str], None] | None = None
        """Called once, before anyone hears of the end, with the answer, which is empty
        unless the stream finished, and the label of who gave it."""
        if notes:
            self._received.note(*map(Note, notes))

    @property
    def messages(self) -> list[Message]:
        """The conversation, with the text of the answer so far as its last message: to
        go on with, whoever is asked next. What else came of the answer, such as calls
        of tools, each vendor takes in words of its own."""
        asked = list(self.question.messages)
        if self.text:
            asked.append({"role": "assistant", "content": self.text})
        return asked

    @without_our_frames
    def json(self) -> Any:
        """Return the answer as a value; where a schema was given, checked against it,
        and of its class if it is one. JSON in a fence, or beside sentences, is found.

        Raises:
            AnswerInvalid: if there is no JSON in it, or several values that differ, or
                not what the schema asks for.
        """
        schema = self.question.schema
        return read_json(self.text) if schema is None else schema.read(self.text)

    def _on_connection(self, change: ConnectionChange) -> None:
        opened = change.ready_state == "open" and not change.note
        if opened and self._tokens.characters:
            self._received.note(_ASKED_AGAIN)
            self._tokens.asked_again()
        super()._on_connection(change)

    def _finish(
        self, state: State, reason: str = "", error: Exception | None = None
    ) -> None:
        if not self.done:
            self._received.flush()
            if self.on_end is not None:
                self.on_end(self.text if state == "finished" else "", self.label)
        super()._finish(state, reason, error)
