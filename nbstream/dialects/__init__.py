"""What events mean: each dialect turns events into updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..sse import ServerSentEvent
from ..updates import Update
from .anthropic import Anthropic
from .auto import Auto
from .lens import LENSES, Lens
from .openai import OpenAI
from .standard import Standard


class Dialect(Protocol):
    """Reads one stream; may keep what it needs between events."""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """What the event means: no, one or many updates. Never raises for what a
        server may send."""

    def end(self) -> Sequence[Update]:
        """What there is to say of a stream that has ended with no word of its own:
        an answer may be cut."""


DIALECTS: dict[str, Callable[[], Dialect]] = {
    "auto": Auto,
    "standard": Standard,
    "anthropic": Anthropic,
    "openai": OpenAI,
}
"""Every dialect by the name that `--dialect` takes."""

__all__ = [
    "DIALECTS",
    "LENSES",
    "Anthropic",
    "Auto",
    "Dialect",
    "Lens",
    "OpenAI",
    "Standard",
]
