"""Several streams side by side, as ordinary output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..content.mimebundle import bundle_side_by_side
from ..streams.handle import Stream
from . import snapshot


def bundle(streams: Sequence[Stream]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the mime bundle of what all received, and its metadata."""
    data = bundle_side_by_side(
        [(stream.label, stream.mimebundle) for stream in streams]
    )
    return {**data}, {"nbstream": [snapshot.facts(stream) for stream in streams]}


def placeholder(streams: Sequence[Stream]) -> dict[str, Any]:
    """Return a mime bundle for readers that can draw no panel, while they run."""
    lines = [snapshot.placeholder(stream)["text/plain"] for stream in streams]
    return {"text/plain": "\n".join(lines)}
