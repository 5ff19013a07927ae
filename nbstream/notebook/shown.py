"""What a cell can show: a stream, or several side by side."""

from __future__ import annotations

from ..models import Comparison
from ..streams.handle import Stream

Shown = Stream | Comparison
SHOWN_TYPES = (Stream, Comparison)


def streams_of(shown: Shown) -> tuple[Stream, ...]:
    """Return the streams in it."""
    return (shown,) if isinstance(shown, Stream) else shown.streams
