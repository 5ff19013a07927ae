"""Updates: the meanings that an event can have. A closed set of frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """More of the streamed text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """More of the reasoning that a model writes before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """More of a tool call that a model requests. Only the first part needs its name."""

    index: int = 0
    """Which of several interleaved calls; a new id begins a new call."""
    id: str = ""
    name: str = ""
    arguments: str = ""
    """The next piece of the arguments, which are JSON when complete."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that an answer used; None if not reported. The values of a later one
    replace those of an earlier one."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    """The part of the input that was read from a cache."""
    reasoning_tokens: int | None = None
    """The part of the output that is reasoning."""
    estimated: bool = False
    """Whether the output was not reported but estimated from the text so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a progress bar; replaces the earlier one of the same name."""

    name: str = ""
    current: float | None = None
    total: float | None = None
    percent: float | None = None
    """0 to 100; computed from current and total if it is not given."""
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
    """As written, in lower case; empty if the line has none."""
    replaces: bool = False
    """Whether it replaces the line before it, of which it is a longer version."""
    continues: bool = False
    """Whether it continues a message that had too many lines for one update."""


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
    """The cited text."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The server reports that events are lost."""

    lost: int | None = None
    """How many; None if unknown."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence from nbstream to the reader."""

    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why an answer ended. The stream may continue, for example with usage."""

    reason: str
    """As the server names it: `end_turn`, `stop`, `max_tokens`, `length`,
    `tool_use`, `refusal`, `content_filter`, `max_time`, …"""
    message: str = ""
    """A sentence for the reader; empty if the answer is complete."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The stream announces its end by a common name, such as `event: end`. The rest is
    read, but the client does not reconnect."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The stream reports that it is complete. It is closed at once."""


@dataclass(frozen=True, slots=True)
class Lost:
    """How a connection was lost after events had arrived."""

    what: str
    """What happened, such as "The server has gone"."""
    events: int
    """How many events had arrived; they are kept."""
    since: float
    """When it broke, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream reports that it failed."""

    message: str
    traceback: str = ""
    """The traceback, if the error is in the user's own code."""
    lost: Lost | None = None
    """Set if the connection was lost, and the stream itself reported no error."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An event of an unknown type, unchanged."""

    event: str
    data: str
    hint: str = field(default="", compare=False)
    """A sentence about what may be wrong with it; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """No event so far was understood."""

    advice: str
    """A sentence about what the reader can do. Empty withdraws it: an event was
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
