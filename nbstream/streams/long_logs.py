"""Cut messages of very many log lines, so that each part is quickly shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..updates import LogLine, Update

_LINES = 500


def in_parts(updates: Iterable[Update]) -> Iterator[Update]:
    """Yield the updates, log lines of more than 500 lines as several, each of which
    goes on from the one before."""
    for update in updates:
        if type(update) is LogLine and update.message.count("\n") > _LINES:
            yield from _parts_of(update)
        else:
            yield update


def _parts_of(line: LogLine) -> Iterator[LogLine]:
    lines = line.message.replace("\r\n", "\n").rstrip("\r\n").split("\n")
    start = 0
    while start < len(lines):
        end = start + _LINES
        # An empty line at the end of a part would be taken for the end of its last.
        while end < len(lines) and not lines[end - 1].strip("\r"):
            end += 1
        part = replace(line, message="\n".join(lines[start:end]))
        yield part if start == 0 else replace(part, goes_on=True, replaces=False)
        start = end
