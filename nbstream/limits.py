"""Limits: how much of a stream is kept, and how long single texts may be."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024

MAX_NAME = 300
"""Characters of a name, a key or an id."""
MAX_MESSAGE = 2_000
"""Characters of a message of one line, such as that of a progress bar or a notice."""
MAX_ERROR = 20_000
"""Characters of an error's message, and of its traceback."""
MAX_OUTPUT = 2 * MB
"""Bytes of one ordinary output in a notebook, all its mime types together."""

MAX_REFRESH = 64 * 1024
"""The same of one that is refreshed every second while a stream runs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one stream keeps, in all and of each kind of content. Evicted content is
    counted, and the count is shown; a recording keeps everything."""

    text: int = 1024 * 1024
    """Characters of text."""
    parts: int = 400
    """Pieces of text, reasoning and tool calls that follow one another."""
    lines: int = 100_000
    """Log lines."""
    rows: int = 2_000
    """Item rows."""
    points: int = 20_000
    """Metric points, all series together."""
    bars: int = 100
    """Progress bars."""
    citations: int = 200
    """Sources that an answer refers to."""
    raw: int = 200
    """Events of unknown types."""
    events: int = 1_000
    """Events kept for readers that start late."""
    memory: int = 64 * MB
    """Bytes of memory, approximately: content, changes that views have not drawn, and
    events for readers. All streams of a kernel share `content.budget.KERNEL.limit`."""

    @property
    def entry(self) -> int:
        """Bytes of a single entry, such as a row; larger ones are cut."""
        return max(self.memory // 8, MAX_NAME)
