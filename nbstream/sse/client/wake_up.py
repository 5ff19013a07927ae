"""Notice that the machine slept, or changed its network: connections may be dead by
then, and whatever is being waited for has changed.

No system tells Python of either, so a thread looks once a second, as long as a stream
that may need to know is open. It is a thread because an event loop that stands still
while a cell computes must not look like a machine that slept.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_EVERY = 1.0
# Seconds that are a sleep, and no loaded machine.
_SLEPT = 5.0
# Of these, what a process may have computed that is to have stood still.
_IDLE = 0.1
# Seconds that a wall clock is put forward by at once: by whatever pauses a virtual
# machine, or by hand.
_JUMPED = 10.0

# Addresses for documentation (RFC 5737, RFC 3849): no packet is sent there, only asked
# which way it would go.
_ELSEWHERE = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]
_UP, _REJECT = 0x1, 0x200  # of the flags of a route in Linux


@dataclass(frozen=True, slots=True)
class Facts:
    """What tells of a sleep, or of another network, when it is looked at again."""

    ran: float
    """Seconds that the machine ran for: this clock stands still while it sleeps."""
    passed: float
    """Seconds that passed, asleep or not."""
    wall: float
    """The time of day, which people and servers set."""
    computed: float
    """Seconds of processor time that this process took."""
    network: str
    """The default routes, in whatever words; empty without a network."""


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Connections may be dead, and a server may be reached again."""

    reason: str
    """What happened, such as `the computer slept`."""
    certain: bool
    """It is known to have happened; else it may be that only a clock was set."""


def noticed(before: Facts, now: Facts) -> WakeUp | None:
    """Judge what happened between two looks; None if nothing did.

    A clock that is set back says nothing, and one that is set forward little.
    """
    ran, passed = now.ran - before.ran, now.passed - before.passed
    if passed - ran >= _SLEPT:
        return WakeUp("the computer slept", certain=True)
    # Whoever is stopped, or frozen with its container, takes no time of the processor.
    if ran >= _SLEPT and now.computed - before.computed < _IDLE * ran:
        return WakeUp("the kernel was stopped for a while", certain=True)
    if now.network != before.network and now.network:
        return WakeUp("the network changed", certain=True)
    if now.wall - before.wall - passed >= _JUMPED:
        return WakeUp("the clock was put forward", certain=False)
    return None


def facts() -> Facts:
    """Look now."""
    ran, passed = _clocks()
    return Facts(ran, passed, time.time(), time.process_time(), _network())


def is_gone(address: str) -> bool:
    """Whether this machine no longer has an IP address that it had: a connection from
    there is dead, for nothing that is sent to it arrives."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))
    except OSError as error:
        return error.errno == errno.EADDRNOTAVAIL and not address.startswith("fe80:")
    return False


@contextmanager
def watching(
    notice: Callable[[WakeUp], None], address: Callable[[], str]
) -> Iterator[None]:
    """Within, call `notice` in the running loop when the machine woke up, or changed
    its network. One thread watches for all, and ends with the last of them.

    Args:
        notice: what to call.
        address: the address of ours that is in use now, empty if there is none. It is
            called in the thread that watches.
    """
    listener = _Listener(asyncio.get_running_loop(), notice, address)
    _watch.add(listener)
    try:
        yield
    finally:
        _watch.remove(listener)


def announce(wake: WakeUp) -> None:
    """Tell all that are `watching`, in whichever loops; what the watching thread calls,
    and whoever knows better, such as a test."""
    for listener in _watch.listeners:
        listener.tell(wake)


class _Listener:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        notice: Callable[[WakeUp], None],
        address: Callable[[], str],
    ) -> None:
        self._loop = loop
        self._notice = notice
        self._address = address
        self._told_of = ""

    def tell(self, wake: WakeUp) -> None:
        with suppress(RuntimeError):  # the loop is closed, and its streams with it
            self._loop.call_soon_threadsafe(self._notice, wake)

    def look(self) -> None:
        address = self._address()
        if address and address != self._told_of and is_gone(address):
            self._told_of = address
            self.tell(WakeUp("the network changed", certain=True))


class _Watch:
    """The thread, and whom it tells."""

    def __init__(self) -> None:
        self.listeners: tuple[_Listener, ...] = ()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def add(self, listener: _Listener) -> None:
        with self._lock:
            self.listeners += (listener,)
            if self._thread is not None:
                return
            self._stop = threading.Event()
            thread = threading.Thread(
                target=self._run,
                args=(self._stop,),
                name="nbstream wake-up",
                daemon=True,
            )
            with suppress(RuntimeError):  # no threads here, as in Pyodide: none watches
                thread.start()
                self._thread = thread

    def remove(self, listener: _Listener) -> None:
        with self._lock:
            self.listeners = tuple(x for x in self.listeners if x is not listener)
            thread = self._thread
            if self.listeners or thread is None:
                return
            self._thread = None
            self._stop.set()
        thread.join()  # which is asleep, or looks for a moment

    def _run(self, stop: threading.Event) -> None:
        before = facts()
        while not stop.wait(_EVERY):
            now = facts()
            wake = noticed(before, now)
            before = now
            if wake is not None:
                announce(wake)
            for listener in self.listeners:
                listener.look()


_watch = _Watch()


def _clocks() -> tuple[float, float]:
    """The seconds that the machine ran for, and those that passed."""
    if sys.platform == "win32":
        import ctypes

        awake = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        return awake.value / 1e7, time.monotonic()
    if sys.platform == "darwin":
        return (
            time.clock_gettime(time.CLOCK_UPTIME_RAW),
            time.clock_gettime(time.CLOCK_MONOTONIC),
        )
    ran = time.monotonic()
    try:
        return ran, time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):  # a sandbox, or a BSD
        return ran, ran


def _network() -> str:
    """The default routes: in Linux as its tables have them, and elsewhere by the
    addresses of ours that lead away."""
    try:
        with open("/proc/net/route", encoding="ascii") as table:
            found = [_route(line.split()) for line in table]
        with suppress(OSError), open("/proc/net/ipv6_route", encoding="ascii") as table:
            found += [_route_6(line.split()) for line in table]
    except OSError:
        found = [_address_to(family, host) for family, host in _ELSEWHERE]
    return "; ".join(sorted({*found} - {""}))


def _route(fields: list[str]) -> str:
    """A default route of /proc/net/route, or half of one, as VPNs make them."""
    if len(fields) < 8 or fields[7] not in ("00000000", "00000080"):
        return ""
    name, _, gateway, flags = fields[:4]
    return f"{name} {gateway}" if int(flags, 16) & _UP else ""


def _route_6(fields: list[str]) -> str:
    """A default route of /proc/net/ipv6_route."""
    if len(fields) < 10 or fields[1] != "00" or fields[9] == "lo":
        return ""
    flags = int(fields[8], 16)
    return f"{fields[9]} {fields[4]}" if flags & _UP and not flags & _REJECT else ""


def _address_to(family: int, host: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((host, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""
