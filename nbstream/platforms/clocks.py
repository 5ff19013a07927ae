"""Read how long the machine ran, without and with the time that it slept."""

from __future__ import annotations

import sys
import time


def read_clocks() -> tuple[float, float]:
    """Return the seconds since the machine started: those that it ran, and those that
    passed, asleep or not. They are equal where the difference cannot be read."""
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
