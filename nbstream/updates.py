"""The vocabulary of meaning: what an event can tell. Frozen values, a closed set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """More of the streamed text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """More of what a model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """More of a call that a model asks for. Only the first part needs to name it."""

    index: int = 0
    """Which of several calls that are told at once; a new id begins a new call."""
    id: str = ""
    name: str = ""
    arguments: str = ""
    """The next piece of the arguments, which are JSON when complete."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer used, in tokens; None where it was not told. A later one counts
    for what it tells."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    """Of the input, those that came from a cache."""
    reasoning_tokens: int | None = None
    """Of the output, those that are reasoning."""
    estimated: bool = False
    """Whether the output was not told but worked out from what has come so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is. The last one of a name counts."""

    name: str = ""
    current: float | None = None
    total: float | None = None
    percent: float | None = None
    """0 to 100; worked out from current and total where it is not given."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured value of a named series."""

    name: str
    value: float
    step: float | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log."""

    message: str
    level: str = ""
    """In the word of who wrote it, in lower case; empty where the line has none."""
    replaces: bool = False
    """Whether it is written over the line before, of which it holds more."""
    continues: bool = False
    """Whether it is the next lines of the same message, which had too many for one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a result: a row of a table if it is an object."""

    data: Any


@dataclass(frozen=True, slots=True)
class Citation:
    """A source that an answer refers to."""

    title: str = ""
    url: str = ""
    quote: str = ""
    """The words of the source."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The server says that events can no longer be had."""

    lost: int | None = None
    """How many; None if it does not say."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of our own that the reader has to know."""

    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why an answer ended. The stream may go on: with what it used, or its end."""

    reason: str
    """In the word of who stopped it: `end_turn`, `stop`, `max_tokens`, `length`,
    `tool_use`, `refusal`, `content_filter`, `max_time`, …"""
    message: str = ""
    """A sentence for the reader; empty where the end is an ordinary one."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The stream says in a common word, such as `event: end`, that it is about to end.
    What still comes is read, but no connection is made again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The stream says that it is complete: it is closed at once."""


@dataclass(frozen=True, slots=True)
class Lost:
    """How a connection was lost after events had come, which are kept."""

    what: str
    """What happened: "The server has gone", for one."""
    events: int
    """How many had come."""
    since: float
    """When it broke, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream says that it failed."""

    message: str
    traceback: str = ""
    """Where it happened, if that is code of the reader's own."""
    lost: Lost | None = None
    """Set where it is no error of the stream's: the connection was lost."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An event of a type that we do not know; kept as it came."""

    event: str
    data: str
    hint: str = field(default="", compare=False)
    """What may be wrong with it, if that can be guessed; a sentence."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Nothing that came so far was understood."""

    advice: str
    """What the reader can do about it; a sentence. Empty where some of it is
    understood after all."""


Update = (
    Text
    | Reasoning
    | ToolCall
    | Usage
    | Progress
    | Metric
    | LogLine
    | Row
    | Citation
    | Gap
    | Note
    | Stopped
    | Ending
    | Finished
    | Failed
    | Raw
    | Unrecognised
)
