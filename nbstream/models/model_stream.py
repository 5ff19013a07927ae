"""ModelStream: the answer of a model as a stream."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Unpack

from ..sources import RecordedSource, Source
from ..streams.arguments import StreamArguments
from ..streams.handle import Stream
from ..streams.tracebacks import without_our_frames
from .answer import read_json
from .repeat_notice import RepeatNotice
from .request import Access, Message, ModelRequest
from .token_estimate import TokenEstimate
from .vendors import VENDORS


class ModelStream(Stream):
    """A Stream of what a model answers.

    Args:
        question: the request.
        source: where the answer comes from.
        dialect: the format of the answer: a name of `nbstream.dialects.dialect_names`.
            Default `auto`: recognise it by the events.
        options: as `Stream` takes them.
    """

    def __init__(
        self,
        question: ModelRequest,
        source: Source,
        *,
        dialect: str = "auto",
        **options: Unpack[StreamArguments],
    ) -> None:
        stages = (TokenEstimate(), RepeatNotice())
        super().__init__(source, dialect=dialect, stages=stages, **options)
        self.question = question
        """The request that it answers."""
        self.on_end: Callable[[str, str], None] | None = None
        """Called once, before any view or reader sees the end, with the answer, empty
        unless the stream finished, and the label of the model. Default: None."""
        self.when_done(self._report_answer)

    def _report_answer(self) -> None:
        if self.on_end is not None:
            self.on_end(self.text if self.state == "finished" else "", self.label)

    @property
    def messages(self) -> list[Message]:
        """The conversation, with the text of the answer so far as its last message: to
        go on with, whichever model is asked next. Other parts of the answer, such as
        tool calls, are not in it: each vendor has a format of its own for them."""
        messages = list(self.question.messages)
        if self.text:
            messages.append({"role": "assistant", "content": self.text})
        return messages

    @without_our_frames
    def json(self) -> Any:
        """Return the answer as a value. If the request has a schema, it is checked, and
        is an instance of the schema's class if that is one. JSON within a code fence or
        between sentences is found.

        Raises:
            AnswerInvalid: if the answer has no JSON, several values that differ, or
                JSON that does not match the schema.
        """
        schema = self.question.schema
        return read_json(self.text) if schema is None else schema.read(self.text)


def ask(
    vendor: str,
    question: ModelRequest,
    access: Access,
    *,
    record: str | os.PathLike[str] | None = None,
    **options: Unpack[StreamArguments],
) -> ModelStream:
    """Return the answer to a request as a new stream, which sends it when it starts.

    Args:
        vendor: a name of `VENDORS`.
        question: the request.
        access: how to reach the vendor.
        record: a file to write every event to. Default: none.
        options: as `Stream` takes them.

    Raises:
        KeyMissing: if there is no key.
    """
    row = VENDORS[vendor]
    source = row.source(question, access)
    if record is not None:
        source = RecordedSource(source, record)
    return ModelStream(question, source, dialect=row.dialect, **options)
