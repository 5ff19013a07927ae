"""Detect that the machine woke up from sleep, or changed its network: connections may
be dead by then, and a wait for a server may be over.

Operating systems do not notify Python of either, so a thread polls once a second while
a stream is open. It is a thread because an event loop that is blocked by a cell must
not look like a machine that slept.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ....platforms.clocks import read_clocks
from ....platforms.network import is_gone, read_network

_INTERVAL = 1.0
# Seconds that are a sleep, and not just a loaded machine.
_SLEPT = 5.0
# A stopped process has used less than this part of the time on the processor.
_IDLE = 0.1
# Seconds by which the wall clock was put forward at once: when a virtual machine is
# resumed, or by hand.
_JUMPED = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The clocks and the network at one moment. Two samples show a sleep in between."""

    ran: float
    """Seconds since the machine started, without the time that it slept."""
    passed: float
    """Seconds since the machine started, asleep or not."""
    wall: float
    """The time of day in seconds, which people and servers set."""
    computed: float
    """Seconds of processor time of this process."""
    network: str
    """The default routes, only to be compared; empty without a network."""


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A moment after which connections may be dead, and a server reachable again."""

    reason: str
    """What happened, such as `the computer slept`."""
    certain: bool
    """True if it did happen; False if a clock may just have been set."""


def detect_wake_up(before: Sample, now: Sample) -> WakeUp | None:
    """Return what happened between two samples; None if nothing did.

    A clock that is set back proves nothing, and one that is set forward little.
    """
    ran, passed = now.ran - before.ran, now.passed - before.passed
    if passed - ran >= _SLEPT:
        return WakeUp("the computer slept", certain=True)
    # A process that is stopped, or frozen with its container, uses no processor time.
    if ran >= _SLEPT and now.computed - before.computed < _IDLE * ran:
        return WakeUp("the kernel was stopped for a while", certain=True)
    if now.network != before.network and now.network:
        return WakeUp("the network changed", certain=True)
    if now.wall - before.wall - passed >= _JUMPED:
        return WakeUp("the clock was put forward", certain=False)
    return None


def take_sample() -> Sample:
    """Read the clocks and the network."""
    ran, passed = read_clocks()
    return Sample(ran, passed, time.time(), time.process_time(), read_network())


@contextmanager
def watching(
    notice: Callable[[WakeUp], None], address: Callable[[], str]
) -> Iterator[None]:
    """Within, call `notice` in the running loop when the machine woke up, or changed
    its network. One thread polls for all callers, and ends with the last of them.

    Args:
        notice: the callback.
        address: returns the local address that is in use, empty without one. It is
            called in the polling thread.
    """
    listener = _Listener(asyncio.get_running_loop(), notice, address)
    _poller.add(listener)
    try:
        yield
    finally:
        _poller.remove(listener)


def announce(wake: WakeUp) -> None:
    """Notify all callers of `watching`, each in its own loop. The polling thread calls
    it, and a test may."""
    for listener in _poller.listeners:
        listener.notify(wake)


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
        self._reported = ""

    def notify(self, wake: WakeUp) -> None:
        with suppress(RuntimeError):  # the loop is closed, and its streams with it
            self._loop.call_soon_threadsafe(self._notice, wake)

    def check_address(self) -> None:
        address = self._address()
        if address and address != self._reported and is_gone(address):
            self._reported = address
            self.notify(WakeUp("the network changed", certain=True))


class _Poller:
    """The polling thread and its listeners."""

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
            with suppress(RuntimeError):  # no threads, as in Pyodide: no detection
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
        thread.join()  # it waits, or polls, which is short

    def _run(self, stop: threading.Event) -> None:
        before = take_sample()
        while not stop.wait(_INTERVAL):
            now = take_sample()
            wake = detect_wake_up(before, now)
            before = now
            if wake is not None:
                announce(wake)
            for listener in self.listeners:
                listener.check_address()


_poller = _Poller()
