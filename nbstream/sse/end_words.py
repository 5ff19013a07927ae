"""Event types that mark the end of a stream: by no standard, but widely used."""

from __future__ import annotations

END_WORDS = frozenset(
    ["done", "end", "complete", "completed", "close", "eof", "finish", "finished"]
)
"""In lower case."""
