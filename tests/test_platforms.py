"""Other operating systems, played: their clocks, routes, socket options, programs and
threads."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import nbstream
from nbstream.platforms.clocks import read_clocks
from nbstream.platforms.keepalive import set_keepalive
from nbstream.platforms.network import read_network
from nbstream.platforms.processes import find_parent, is_root, replace_process
from nbstream.testing import StartSSEServer, events, status

# -- clocks ----------------------------------------------------------------------


def test_windows_counts_the_time_awake_in_units_of_100_ns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def query(reference: Any) -> int:
        reference._obj.value = 70_000_000
        return 1

    kernel32 = SimpleNamespace(QueryUnbiasedInterruptTime=query)
    windll = SimpleNamespace(kernel32=kernel32)
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    monkeypatch.setattr(time, "monotonic", lambda: 3600.0)
    monkeypatch.setattr(sys, "platform", "win32")
    assert read_clocks() == (7.0, 3600.0)


def test_macos_has_a_clock_that_stands_still_in_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = {8: 7.0, time.CLOCK_MONOTONIC: 3600.0}
    monkeypatch.setattr(time, "CLOCK_UPTIME_RAW", 8, raising=False)
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert read_clocks() == (7.0, 3600.0)


@pytest.mark.parametrize("missing", ["the name", "the clock"])
def test_without_a_clock_that_counts_sleep_no_sleep_is_seen(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def refuse(_: int) -> float:
        raise OSError

    if missing == "the name":
        monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    else:
        monkeypatch.setattr(time, "clock_gettime", refuse)
    monkeypatch.setattr(sys, "platform", "freebsd14")
    ran, passed = read_clocks()
    assert ran == passed


# -- processes -------------------------------------------------------------------


def test_windows_kernels_have_a_handle_of_the_process_that_started_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"JPY_PARENT_PID": "1234"}
    assert find_parent(environment) == 1234
    assert find_parent({}) is None

    def get_id(handle: ctypes.c_void_p) -> int:
        return 77 if handle.value == 1234 else 0

    windll = SimpleNamespace(kernel32=SimpleNamespace(GetProcessId=get_id))
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert find_parent(environment) == 77
    assert find_parent({"JPY_PARENT_PID": "5"}) is None, "it has been closed"


# -- the network -----------------------------------------------------------------

ROUTES = """\
Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
wlan0 00000000 0101A8C0 0003 0 0 600 00000000 0 0 0
wlan0 0001A8C0 00000000 0001 0 0 600 00FFFFFF 0 0 0
tun0 00000000 00000000 0001 0 0 50 00000080 0 0 0
down 00000000 0101A8C0 0002 0 0 600 00000000 0 0 0
"""


def test_linux_has_its_default_routes_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(ROUTES)
    found = read_network(tmp_path / "route", tmp_path / "none")
    assert found == "tun0 00000000; wlan0 0101A8C0"


def test_elsewhere_the_addresses_that_packets_would_have_stand_for_the_routes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Socket:
        def __init__(self, family: int, _: int) -> None:
            self._family = family

        def __enter__(self) -> Socket:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def connect(self, _: object) -> None:
            if self._family == socket.AF_INET6:
                raise OSError("no route")

        def getsockname(self) -> tuple[str, int]:
            return "192.168.1.7", 5000

    monkeypatch.setattr(socket, "socket", Socket)
    none = tmp_path / "none"
    assert read_network(none, none) == "192.168.1.7"


# -- sockets ---------------------------------------------------------------------


class Options:
    """A socket of a system that refuses some options."""

    def __init__(self, *refused: int) -> None:
        self.values: dict[int, int] = {}
        self._refused = refused

    def getsockopt(self, _level: int, option: int) -> int:
        return self.values.get(option, 0)

    def setsockopt(self, _level: int, option: int, value: int) -> None:
        if option in self._refused:
            raise OSError("not supported")
        self.values[option] = value


def test_macos_has_another_name_for_the_first_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(socket, "TCP_KEEPIDLE")
    monkeypatch.setattr(socket, "TCP_KEEPALIVE", 0x10, raising=False)
    sock = Options()
    restore = set_keepalive(sock, idle=1, between=2, count=3)
    assert sock.values[0x10] == 1
    assert sock.values[socket.SO_KEEPALIVE] == 1
    restore()
    assert set(sock.values.values()) == {0}


def test_an_older_windows_probes_at_its_own_pace() -> None:
    """It has one of the options only."""
    sock = Options(socket.TCP_KEEPIDLE, socket.TCP_KEEPCNT)
    set_keepalive(sock, idle=1, between=2, count=3)()
    set_keepalive(sock, idle=1, between=2, count=3)
    assert sock.values == {socket.TCP_KEEPINTVL: 2, socket.SO_KEEPALIVE: 1}


# -- event loops -----------------------------------------------------------------


def test_streams_need_neither_readers_nor_signal_handlers_of_a_loop(
    sse_server: StartSSEServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of Windows' loops has no readers, and neither has signal handlers."""

    def refuse(*_: Any) -> None:
        raise NotImplementedError

    for name in ("add_reader", "add_writer", "add_signal_handler"):
        monkeypatch.setattr(asyncio.SelectorEventLoop, name, refuse)
    server = sse_server(
        events("retry: 1\nid: 1\ndata: one \n\n"), events("data: two\n\n"), status(204)
    )

    async def follow() -> list[str]:
        path = tmp_path / "run.jsonl"
        streams = [
            nbstream.stream(server.url, record=path),
            nbstream.stream(["1", "2"]),
        ]
        streams.append(nbstream.stream(iter(["a", "b"])))
        for stream in streams:
            await stream.wait()
            assert stream.state == "finished", stream.error
        return [stream.text for stream in streams]

    assert asyncio.run(follow()) == ["one two", "12", "ab"]


# -- programs and threads --------------------------------------------------------

EXITS = [sys.executable, "-c", "import sys; sys.exit(3)"]


def test_windows_waits_for_a_program_instead_of_becoming_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There the shell would have its terminal back while the program still runs."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "geteuid")
    assert replace_process(EXITS) == 3
    assert not is_root()


def test_elsewhere_this_process_becomes_the_program() -> None:
    code = f"""
import sys
from nbstream.platforms.processes import replace_process
print("first")
replace_process({EXITS})
print("never")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "first\n")


@pytest.mark.anyio
async def test_without_threads_a_large_value_is_converted_in_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Pyodide, in a browser."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def values() -> AsyncIterator[list[dict[str, int]]]:
        await asyncio.sleep(0)
        yield [{"row": row} for row in range(20_000)]

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(sys, "platform", "emscripten")
    stream = nbstream.stream(values())
    await stream.wait()
    assert stream.state == "finished", stream.error
