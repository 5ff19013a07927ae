"""Scripts that are often wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..sse import Backoff, ServerSentEvent, encode
from .connection import Connection

QUICK = Backoff(
    initial=0.001, cap=0.002, floor=0.0, after_end=0.001, retry_after_cap=0.001
)
"""Delays of a millisecond or two: a test reconnects at once."""

Script = Callable[[Connection], Awaitable[None]]
"""What happens on one connection."""

Fault = Callable[[Connection, list[bytes]], Awaitable[None]]
"""What happens on one connection of a resumable server, given the blocks of the
events that the client has not had yet. It may send as many of them as it likes."""


def answers(*scripts: Script) -> Script:
    """The first script for the first connection, the second for the second, and so
    on; the last one for all that follow."""

    async def play(connection: Connection) -> None:
        if not scripts:
            raise AssertionError("This server has no script, but was asked.")
        await scripts[min(connection.number, len(scripts) - 1)](connection)

    return play


def events(*parts: bytes | str | ServerSentEvent, stay: bool = False) -> Script:
    """Send these, then end properly; or, with `stay`, keep the connection open until
    the client leaves."""

    async def play(connection: Connection) -> None:
        await connection.send(*parts)
        if stay:
            await connection.stall()

    return play


def status(
    code: int,
    body: bytes | str = b"",
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str | None = "text/plain",
) -> Script:
    """Answer with this status and body."""
    content = body.encode() if isinstance(body, str) else body

    async def play(connection: Connection) -> None:
        length = None if code in (204, 304) else len(content)
        await connection.head(code, headers, content_type=content_type, length=length)
        await connection.send(content)

    return play


def redirect(to: str, code: int = 307) -> Script:
    """Send the client to another address; absolute, or relative to its own."""
    return status(code, headers={"Location": to})


def numbered_events(count: int, *, faults: Sequence[Fault] = ()) -> Script:
    """A resumable server of `count` events: ids `1` to `count`, data `event N`.

    It goes on after the `Last-Event-ID` it is given, and answers 204 to a client
    that has had them all. Each connection that has something left to send plays the
    next of the `faults`, round and round; without any, it sends everything.
    """
    played = 0

    async def play(connection: Connection) -> None:
        nonlocal played
        had = int(connection.request.last_event_id or 0)
        if had >= count:
            await status(204)(connection)
        elif faults:
            played += 1
            await faults[(played - 1) % len(faults)](
                connection, numbered_blocks(had + 1, count)
            )
        else:
            await connection.send(*numbered_blocks(had + 1, count))

    return play


def numbered_blocks(first: int, last: int) -> list[bytes]:
    """The blocks of the numbered events from `first` to `last`."""
    return [
        encode(ServerSentEvent(id=str(n), data=f"event {n}"))
        for n in range(first, last + 1)
    ]
