"""Common scripts for a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..sse import Backoff, ServerSentEvent, encode
from .connection import Connection

QUICK = Backoff(
    initial=0.001, cap=0.002, floor=0.0, after_end=0.001, retry_after_cap=0.001
)
"""Delays of a millisecond or two, so that a test reconnects at once."""

Script = Callable[[Connection], Awaitable[None]]
"""A function that handles one connection."""

Fault = Callable[[Connection, list[bytes]], Awaitable[None]]
"""A function that handles one connection of a resumable server, given the blocks of
the events that the client lacks. It may send any number of them."""


def answers(*scripts: Script) -> Script:
    """Run the first script for the first connection, the second for the second, and
    so on; the last one repeats."""

    async def play(connection: Connection) -> None:
        if not scripts:
            raise AssertionError("This server has no script, but was asked.")
        await scripts[min(connection.number, len(scripts) - 1)](connection)

    return play


def events(*parts: bytes | str | ServerSentEvent, stay: bool = False) -> Script:
    """Send these parts and end the body; with `stay`, keep the connection open until
    the client disconnects."""

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
    """Respond with this status and body."""
    content = body.encode() if isinstance(body, str) else body

    async def play(connection: Connection) -> None:
        length = None if code in (204, 304) else len(content)
        await connection.head(code, headers, content_type=content_type, length=length)
        await connection.send(content)

    return play


def redirect(to: str, code: int = 307) -> Script:
    """Redirect the client to a URL, absolute or relative to its own."""
    return status(code, headers={"Location": to})


def numbered_events(count: int, *, faults: Sequence[Fault] = ()) -> Script:
    """Serve `count` resumable events: ids `1` to `count`, data `event N`.

    A connection resumes after its `Last-Event-ID`, and responds 204 if none are left.
    Each other connection runs the next of the `faults`, in a cycle; without any, it
    sends all events.
    """
    runs = 0

    async def play(connection: Connection) -> None:
        nonlocal runs
        last_id = int(connection.request.last_event_id or 0)
        if last_id >= count:
            await status(204)(connection)
        elif faults:
            runs += 1
            await faults[(runs - 1) % len(faults)](
                connection, numbered_blocks(last_id + 1, count)
            )
        else:
            await connection.send(*numbered_blocks(last_id + 1, count))

    return play


def numbered_blocks(first: int, last: int) -> list[bytes]:
    """Return the blocks of the numbered events from `first` to `last`."""
    return [
        encode(ServerSentEvent(id=str(n), data=f"event {n}"))
        for n in range(first, last + 1)
    ]
