"""One row of the table: a request to a server, and what a reader should see."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .following import Seen
from .running import Server


@dataclass(frozen=True, slots=True)
class Row:
    """One stream of a server.

    Attributes:
        label: its name in the table.
        path: its path.
        body: the body of a POST; None for a GET.
        text: must be in the output exactly once, at the end of a line.
        words: each must be in the output.
        lines: each must end a line of the output, in this order.
        views: the kinds of content, at least one of which must be shown.
        port: the index of the server's port, from 0.
        find: requests the path from the server, if it is not fixed.
    """

    label: str
    path: str
    body: str | None = None
    text: str = ""
    words: Sequence[str] = ()
    lines: Sequence[str] = ()
    views: Sequence[str] = ("text", "log")
    port: int = 0
    find: Callable[[str], str] | None = None

    def is_understood(self, seen: Seen) -> bool:
        """Return whether the reader sees what the server meant."""
        texts = re.findall(
            re.escape(self.text) + r"[^\S\n]*$", seen.plain, re.MULTILINE
        )
        ends = iter(line.rstrip() for line in seen.plain.splitlines())
        return (
            seen.state == "finished"
            and (len(texts) == 1 or not self.text)
            and all(word in seen.plain for word in self.words)
            and all(any(line.endswith(end) for line in ends) for end in self.lines)
            and any(view in seen.views for view in self.views)
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """A server and its requests."""

    server: Server
    rows: Sequence[Row] = field(default_factory=tuple)
