"""Open and close plain iterables, and iterate one in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from ..event import ServerSentEvent
from .events import EventConverter


def open_iterable(origin: Any, stack: ExitStack) -> Iterable[Any]:
    """Return a plain iterable, or the one that a context manager returns.

    Args:
        origin: the iterable or the context manager.
        stack: leaves the context manager.

    Raises:
        TypeError: if the context manager returns something else.
    """
    if isinstance(origin, Iterable):
        return origin
    items = stack.enter_context(origin)
    if not isinstance(items, Iterable):
        kind, given = type(origin).__name__, type(items).__name__
        raise TypeError(
            f"Expected something to iterate from `with` {kind}, got {given}."
        )
    return items


def close_iterable(items: Iterable[Any], iterator: Iterator[Any]) -> None:
    """Close an iterable and its iterator before their end. At its normal end neither is
    closed: the iterable may be iterated again."""
    with ExitStack() as stack:
        for target in {id(items): items, id(iterator): iterator}.values():
            if (close := getattr(target, "close", None)) is not None:
                stack.callback(close)


async def batches_in_turns(origin: Any) -> AsyncGenerator[list[ServerSentEvent], None]:
    """Yield the events of a plain iterable in the event loop, which runs other tasks
    after each item: for a Python without threads. An item that takes long blocks the
    loop meanwhile.

    Args:
        origin: the source of values.
    """
    converter = EventConverter()
    with ExitStack() as stack:
        items = open_iterable(origin, stack)
        iterator = iter(items)
        try:
            for item in iterator:
                if events := list(converter.events(item)):
                    yield events
                await asyncio.sleep(0)
        except (GeneratorExit, asyncio.CancelledError):
            close_iterable(items, iterator)
            raise
        if events := list(converter.end()):
            yield events
