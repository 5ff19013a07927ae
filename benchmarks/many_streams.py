"""Read a thousand streams at once in one process; print lost events, CPU and memory.

    python benchmarks/many_streams.py
    python benchmarks/many_streams.py --streams 200 --rate 10 --seconds 10

The server is a separate process. It sends each stream `rate` numbered events a second
and ends; each reader must get all of them, in order. CPU is that of the reading
process, as a share of one core; CPU and memory are also given for one stream.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection as Pipe

import psutil

import nbstream
from nbstream.sse import EventSource

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def serve(pipe: Pipe, rate: float, seconds: float) -> None:
    """Serve with as little CPU as possible: a block and a flush for each event."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    count = round(rate * seconds)

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD)
            loop = asyncio.get_running_loop()
            due = loop.time()
            for n in range(1, count + 1):
                block = b'id: %d\ndata: {"type": "content", "data": "%d "}\n\n' % (n, n)
                writer.write(b"%x\r\n%b\r\n" % (len(block), block))
                await writer.drain()
                due += 1 / rate
                await asyncio.sleep(max(0.0, due - loop.time()))
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


async def read_events(url: str) -> list[int]:
    async with EventSource(url, retries=0) as source:
        return [int(event.id) async for event in source]


async def read_stream(url: str) -> list[int]:
    """Read through a Stream: dialect and transcript too, but no view."""
    stream = nbstream.stream(url, retries=0)
    return [int(event.id) async for event in stream.events()]


async def measure(url: str, streams: int, expected: list[int], whole: bool) -> None:
    process = psutil.Process()
    read = read_stream if whole else read_events
    await read(url + "warm-up")
    before = process.memory_info().rss
    cpu, started = time.process_time(), time.perf_counter()
    readers = [asyncio.create_task(read(f"{url}{n}")) for n in range(streams)]
    await asyncio.sleep(len(expected) / 20)
    memory = process.memory_info().rss - before
    got = await asyncio.gather(*readers)
    cpu, took = time.process_time() - cpu, time.perf_counter() - started
    lost = sum(len(expected) - len(ids) for ids in got)
    wrong = sum(ids != expected for ids in got)
    print(
        f"{'Stream' if whole else 'EventSource'}: {streams:,} at once, "
        f"{sum(map(len, got)):,} events in {took:.1f} s; lost {lost}, "
        f"streams not as sent {wrong}\n"
        f"  CPU {cpu / took:.0%} of a core, {cpu / took / streams:.3%} a stream, "
        f"{cpu / sum(map(len, got)) * 1e6:.0f} µs an event; "
        f"memory {memory / streams / 1024:.0f} KB a stream"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=10.0, help="events a second each")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--whole", action="store_true", help="Stream, not EventSource")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(
        target=serve, args=(theirs, options.rate, options.seconds), daemon=True
    )
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/"
    expected = list(range(1, round(options.rate * options.seconds) + 1))
    asyncio.run(measure(url, options.streams, expected, options.whole))
    server.terminate()


if __name__ == "__main__":
    main()
