"""Split log messages of very many lines, so that each part is applied quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...updates import LogLine, Update

_LINES = 500


def split_long_logs(updates: Sequence[Update]) -> Sequence[Update]:
    """Return the updates with each log message of more than 500 lines as several, which
    continue one another; the same sequence if no message is that long."""
    for update in updates:
        if _is_long(update):
            break
    else:
        return updates
    parts: list[Update] = []
    for update in updates:
        if isinstance(update, LogLine) and _is_long(update):
            parts += _split(update)
        else:
            parts.append(update)
    return parts


def _is_long(update: Update) -> bool:
    # The length is known, while lines have to be counted.
    return (
        type(update) is LogLine
        and len(update.message) > _LINES
        and update.message.count("\n") > _LINES
    )


def _split(line: LogLine) -> Iterator[LogLine]:
    lines = line.message.replace("\r\n", "\n").rstrip("\r\n").split("\n")
    start = 0
    while start < len(lines):
        end = start + _LINES
        # An empty line at the end of a part would read as the end of its last line.
        while end < len(lines) and not lines[end - 1].strip("\r"):
            end += 1
        part = replace(line, message="\n".join(lines[start:end]))
        yield part if start == 0 else replace(part, continues=True, replaces=False)
        start = end
