"""A sleep or another network is detected by samples of clocks and addresses."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from nbstream.platforms.network import is_gone
from nbstream.sse.client.liveness.wake_up import (
    Sample,
    WakeUp,
    announce,
    detect_wake_up,
    take_sample,
    watching,
)
from nbstream.sse.client.retry.policy import RetryPolicy

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


SLEPT = WakeUp("the computer slept", certain=True)
BEFORE = Sample(ran=100.0, passed=500.0, wall=1e9, computed=7.0, network="wlan0 router")
SECOND = replace(BEFORE, ran=101.0, passed=501.0, wall=1e9 + 1)

TABLE = {
    "a second": (SECOND, ""),
    "a sleep of an hour": (
        replace(SECOND, passed=4101.0, wall=1e9 + 3601),
        "the computer slept",
    ),
    "a short nap": (replace(SECOND, passed=503.0, wall=1e9 + 3), ""),
    "a process that was stopped": (
        replace(SECOND, ran=160.0, passed=560.0, wall=1e9 + 60, computed=7.1),
        "the kernel was stopped for a while",
    ),
    "a cell that held on to Python": (
        replace(SECOND, ran=160.0, passed=560.0, wall=1e9 + 60, computed=65.0),
        "",
    ),
    "another network": (replace(SECOND, network="eth0 router"), "the network changed"),
    "the network is gone": (replace(SECOND, network=""), ""),
    "a clock that is put forward": (
        replace(SECOND, wall=2e9),
        "the clock was put forward",
    ),
    "a clock that is put back": (replace(SECOND, wall=1.0), ""),
    "a clock that is corrected": (replace(SECOND, wall=1e9 + 4), ""),
}


@pytest.mark.parametrize(("now", "reason"), TABLE.values(), ids=TABLE)
def test_sleeps_and_network_changes_are_detected(now: Sample, reason: str) -> None:
    wake = detect_wake_up(BEFORE, now)
    assert ("" if wake is None else wake.reason) == reason
    if wake is not None:
        assert wake.certain == ("clock" not in reason)


def test_a_restored_network_is_detected() -> None:
    gone = replace(BEFORE, network="")
    assert detect_wake_up(gone, SECOND) == WakeUp("the network changed", certain=True)


@pytest.mark.parametrize(
    ("attempts", "certain", "resumable", "may"),
    [
        (RetryPolicy(), True, False, True),
        (RetryPolicy(), False, True, True),
        (RetryPolicy(), False, False, False),
        (RetryPolicy(retries=0), True, True, False),
        (RetryPolicy("POST", False), True, True, False),
        (RetryPolicy("POST", False, retries=2), True, False, True),
    ],
    ids=["GET", "ids", "no ids, and no sleep", "no retries", "POST", "POST, retries"],
)
def test_silent_connections_that_may_be_replaced(
    attempts: RetryPolicy, certain: bool, resumable: bool, may: bool
) -> None:
    assert attempts.may_replace(certain=certain, resumable=resumable) is may


def test_this_machines_clocks_and_addresses_can_be_read() -> None:
    first, second = take_sample(), take_sample()
    assert first.ran <= second.ran
    assert second.passed - second.ran == pytest.approx(first.passed - first.ran, abs=1)
    assert detect_wake_up(first, second) is None
    assert not is_gone("127.0.0.1")
    assert is_gone("192.0.2.77")


async def test_one_thread_watches_for_all_and_ends_with_the_last() -> None:
    def watchers() -> int:
        names = [thread.name for thread in threading.enumerate()]
        return names.count("nbstream wake-up")

    heard: list[WakeUp] = []
    with watching(heard.append, str):
        with watching(heard.append, str):
            assert watchers() == 1
            announce(SLEPT)
            while len(heard) < 2:
                await asyncio.sleep(0)
        assert watchers() == 1
    assert watchers() == 0


async def test_an_address_that_this_machine_no_longer_has_is_noticed() -> None:
    heard: asyncio.Queue[WakeUp] = asyncio.Queue()
    with watching(heard.put_nowait, lambda: "192.0.2.77"):
        wake = await asyncio.wait_for(heard.get(), 10)
    assert wake == WakeUp("the network changed", certain=True)
