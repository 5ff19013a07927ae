"""Event types with which servers say that they end: no standard, and widely used."""

from __future__ import annotations

END_WORDS = frozenset(
    ["done", "end", "complete", "completed", "close", "eof", "finish", "finished"]
)
"""In lower case."""
