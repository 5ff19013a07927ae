"""A machine that slept, or changed its network: streams resume at once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psutil
import pytest

from nbstream.errors import ConnectionLost
from nbstream.sse import Backoff, EventSource
from nbstream.sse.client.liveness.tcp_keepalive import probe, socket_of
from nbstream.sse.client.liveness.wake_up import (
    WakeUp,
    announce,
)
from nbstream.testing import events, status

from .sse_client import GONE, ONE, TWO, error_of

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

SLEPT = WakeUp("the computer slept", certain=True)
CLOCK = WakeUp("the clock was put forward", certain=False)
PATIENT = Backoff(initial=600.0, cap=600.0, floor=0.001, after_end=600.0)

# -- streams ---------------------------------------------------------------------


async def test_a_wait_before_the_next_try_is_cut_short(sse_server: Any) -> None:
    server = sse_server(events(ONE), status(503), events(TWO), GONE)
    changes: asyncio.Queue[Any] = asyncio.Queue()
    source = EventSource(server.url, backoff=PATIENT, on_change=changes.put_nowait)
    async with source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        for _ in range(2):  # after the end, and after the refusal
            while (change := await changes.get()).delay == 0:
                pass
            announce(SLEPT)
            change = await changes.get()
            assert change.reason.endswith(
                "; the computer slept, so it is tried again now"
            )
        assert (await reading).data == "two"


async def test_a_connection_that_stays_silent_is_made_again_at_once(
    sse_server: Any,
) -> None:
    """Though the server's retry delay is long, and the idle timeout has not passed."""
    server = sse_server(events("retry: 50000\n\n", ONE, stay=True), events(TWO), GONE)
    reasons = []
    source = EventSource(
        server.url, backoff=PATIENT, on_change=lambda c: reasons.append(c.reason)
    )
    async with source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        announce(SLEPT)
        assert (await asyncio.wait_for(reading, 10)).data == "two"
    assert "the computer slept, and nothing has come since" in reasons
    assert server.requests[1].headers["last-event-id"] == "1"


@pytest.mark.parametrize(
    ("wake", "options"),
    [(SLEPT, {"method": "POST"}), (CLOCK, {}), (SLEPT, {"retries": 0})],
    ids=["POST", "a clock that was set", "no retries"],
)
async def test_a_healthy_or_irreplaceable_connection_is_kept(
    sse_server: Any, wake: WakeUp, options: Any
) -> None:
    """While another stream is closed for the same silence."""

    async def quiet(connection: Any) -> None:
        await connection.send("data: one\n\n")
        await connection.wait("go on")
        await connection.send("data: two\n\n")

    kept = sse_server(quiet)
    other = sse_server(events(ONE, stay=True), events(TWO, stay=True))
    async with (
        EventSource(kept.url, **options) as source,
        EventSource(other.url, backoff=PATIENT) as beside,
    ):
        assert (await anext(source)).data == "one"
        assert (await anext(beside)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        replaced = asyncio.ensure_future(anext(beside))
        await asyncio.sleep(0)
        announce(wake)
        assert (await asyncio.wait_for(replaced, 10)).data == "two"
        kept.signal("go on")
        assert (await reading).data == "two"
    assert len(kept.connections) == 1


async def test_a_connection_that_still_delivers_is_kept(sse_server: Any) -> None:
    async def delivers(connection: Any) -> None:
        for number in range(6):
            await connection.wait(f"go {number}")
            await connection.send(f"data: {number}\n\n")

    server = sse_server(delivers)
    async with EventSource(server.url) as source:
        for number in range(6):
            reading = asyncio.ensure_future(anext(source))
            await server.until(lambda: server.connections)
            announce(SLEPT)
            await asyncio.sleep(0)
            server.signal(f"go {number}")
            assert (await reading).data == str(number)
    assert len(server.connections) == 1


async def test_the_peer_is_probed_without_sending_data(sse_server: Any) -> None:
    server = sse_server(events(ONE, stay=True))
    async with httpx.AsyncClient() as client, client.stream("GET", server.url) as got:
        probe(got)
        sock = socket_of(got)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 1
    probe(httpx.Response(200))  # of a client that has no sockets


class FromAway(httpx.AsyncClient):
    """A client that connects from an address which this machine does not have."""

    @asynccontextmanager
    async def stream(self, *args: Any, **options: Any) -> AsyncIterator[httpx.Response]:
        async with super().stream(*args, **options) as response:
            response.extensions["network_stream"] = self
            yield response

    def get_extra_info(self, name: str) -> Any:
        return self if name == "socket" else None

    def getsockname(self) -> tuple[str, int]:
        return "192.0.2.77", 5000

    def getsockopt(self, *_: int) -> int:
        raise OSError("closed")


async def test_a_post_whose_connection_is_dead_fails_and_is_not_repeated(
    sse_server: Any,
) -> None:
    server = sse_server(events("data: one\n\n", stay=True))
    async with FromAway() as client:
        source = EventSource(server.url, method="POST", content="{}", client=client)
        got, error = await asyncio.wait_for(error_of(source, ConnectionLost), 10)
    assert got == ["one"]
    assert "the network changed, and its address is gone" in str(error)
    assert "A POST that was answered is not sent again" in str(error)
    assert len(server.connections) == 1


@pytest.mark.parametrize("at", ["waiting to connect", "silent"])
def test_a_process_that_was_stopped_resumes_at_once(sse_server: Any, at: str) -> None:
    """A real process, by SIGSTOP, as closing a laptop's lid does to the whole
    machine."""
    server = sse_server(
        events(ONE, stay=at == "silent"), events("id: 3\ndata: awake\n\n"), GONE
    )
    code = f"""
        import asyncio, json
        from nbstream.sse import Backoff, EventSource
        def report(change):
            print(json.dumps([change.ready_state, change.reason]), flush=True)
        async def main():
            backoff = Backoff(initial=600, cap=600, after_end=600)
            async with EventSource(
                {server.url!r}, backoff=backoff, on_change=report
            ) as source:
                async for event in source:
                    print(json.dumps(["event", event.data]), flush=True)
                    if event.data == "awake":
                        return
        asyncio.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE
    ) as job:
        assert job.stdout is not None
        until = ["event", "one"]
        if at == "waiting to connect":
            until = ["connecting", "the server ended the stream"]
        while json.loads(job.stdout.readline()) != until:
            pass
        # The processor time between two samples distinguishes a stop from work, so let
        # the process become idle first.
        process = psutil.Process(job.pid)
        while process.cpu_percent(interval=2.0) > 1.0:
            pass
        os.kill(job.pid, signal.SIGSTOP)
        threading.Event().wait(6.5)  # a sleep of this length is detected
        os.kill(job.pid, signal.SIGCONT)
        rest = [json.loads(line) for line in job.stdout]
        assert job.wait(10) == 0
    assert ["event", "awake"] in rest
    reasons = " ".join(reason for _, reason in rest)
    assert "the kernel was stopped for a while" in reasons
