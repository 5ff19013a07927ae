"""Faults of a connection, for a scripted server: ends, resets, broken bodies and
silence."""

from __future__ import annotations

from nbstream.sse import encode_comment
from nbstream.testing import Connection, Fault


async def honest(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b"".join(blocks[:150]))


async def honest_to_the_end(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b"".join(blocks))


FAULTS: dict[str, Fault] = {}


def fault(play: Fault) -> Fault:
    FAULTS[play.__name__] = play
    return play


# -- ends ------------------------------------------------------------------------


@fault
async def clean_end(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40])


@fault
async def clean_end_without_events(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b": nothing yet\n\n")


@fault
async def clean_end_of_an_empty_body(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.head()


@fault
async def clean_end_within_an_event(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.send(*blocks[:40], blocks[40][:-1])


@fault
async def clean_end_within_the_id(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40], blocks[40][:5])


@fault
async def clean_end_after_the_id_line(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.send(*blocks[:40], blocks[40].partition(b"data")[0])


@fault
async def end_by_closing(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head(until_close=True)
    await connection.send(*blocks[:40])


@fault
async def end_by_closing_within_an_event(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.head(until_close=True)
    await connection.send(*blocks[:40], blocks[40][:9])


# -- resets ----------------------------------------------------------------------


@fault
async def reset_between_events(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40])
    await connection.reset()


@fault
async def reset_within_an_event(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40], blocks[40][:9])
    await connection.reset()


@fault
async def reset_before_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.reset()


@fault
async def reset_within_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send_raw(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await connection.reset()


@fault
async def reset_after_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head()
    await connection.reset()


@fault
async def closed_before_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.cut()


@fault
async def closed_within_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send_raw(b"HTTP/1.1 200 OK\r\n")
    await connection.cut()


# -- broken bodies ---------------------------------------------------------------


@fault
async def no_last_chunk(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40])
    await connection.cut()


@fault
async def truncated_chunk(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40])
    await connection.truncated(blocks[40])


@fault
async def truncated_chunk_within_an_event(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.send(*blocks[:40])
    await connection.truncated(blocks[40][:9])


@fault
async def nonsense_for_a_chunk_size(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.send(*blocks[:40])
    await connection.send_raw(b"xyz\r\n")
    await connection.cut()


@fault
async def short_body(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head(length=1_000_000)
    await connection.send(*blocks[:40])


@fault
async def short_body_within_an_event(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.head(length=1_000_000)
    await connection.send(*blocks[:40], blocks[40][:9])


@fault
async def nonsense_for_a_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send_raw(b"\x00\x01 this is not HTTP\r\n\r\n")
    await connection.cut()


# -- silence ---------------------------------------------------------------------


@fault
async def stall_between_events(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40])
    await connection.stall()


@fault
async def stall_within_an_event(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40], blocks[40][:9])
    await connection.stall()


@fault
async def stall_before_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.stall()


@fault
async def stall_after_the_head(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head()
    await connection.stall()


@fault
async def stall_after_heartbeats(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*[encode_comment("heartbeat")] * 20)
    await connection.stall()
