"""Several streams side by side, as ordinary output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..content.mimebundle import MimeBundle, bundle_side_by_side
from ..limits import MAX_REFRESH
from ..streams.handle import Stream
from . import snapshot


def bundle(streams: Sequence[Stream]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the mime bundle of what all received, and its metadata."""
    data = bundle_side_by_side(
        [(stream.label, stream.mimebundle) for stream in streams]
    )
    return {**data}, snapshot.metadata(streams)


def bundle_so_far(streams: Sequence[Stream], note: str) -> MimeBundle:
    """Return the mime bundle of what running streams have received so far, small enough
    to be sent every second; each with its state, and a sentence after that."""
    if len(streams) == 1:
        return snapshot.bundle_so_far(streams[0], note)
    made = [
        (stream.label, partial(snapshot.bundle_so_far, stream, note))
        for stream in streams
    ]
    return bundle_side_by_side(made, MAX_REFRESH)
