"""Delays between tries: exponential backoff with full jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """The delays between tries, in seconds: they grow with each failure, with full
    jitter and a cap.

    Full jitter (each delay drawn evenly from 0 to its bound) spreads out the clients
    that one restart of a server disconnected together.

        EventSource(url, backoff=Backoff(initial=1.0, cap=10.0))
    """

    initial: float = 0.5
    """The bound of the first delay."""
    factor: float = 2.0
    """The factor by which the bound grows with each failure in a row."""
    cap: float = 30.0
    """The longest delay, unless the server's `retry:` or `Retry-After` is longer."""
    after_end: float = 3.0
    """The delay after a clean end, unless the server sent a `retry:`."""
    healthy: float = 5.0
    """A connection that was open this long resets the count of failures."""
    floor: float = 0.05
    """The shortest delay, even if the server's `retry:` is shorter."""
    retry_cap: float = 60.0
    """The longest `retry:` that is honoured in full."""
    retry_after_cap: float = 300.0
    """The longest `Retry-After` that is honoured in full."""

    def delay(
        self,
        failures: int,
        *,
        server: float | None = None,
        retry_after: float | None = None,
    ) -> float:
        """Return the seconds to wait before the next try.

        Args:
            failures: failures in a row, at least 1.
            server: the server's `retry:`, in seconds. It replaces `initial`, and has no
                jitter the first time, since the server chose it.
            retry_after: seconds, from a `Retry-After` header.
        """
        if retry_after is not None:
            return max(self.floor, min(retry_after, self.retry_after_cap))
        if server is not None:
            server = max(self.floor, min(server, self.retry_cap))
            if failures <= 1:
                return server
        first = self.initial if server is None else server
        # The exponent is bounded, or the float would overflow.
        bound = min(max(self.cap, first), first * self.factor ** min(failures - 1, 60))
        least = self.floor if server is None else server
        return max(least, random.uniform(0, bound))

    def delay_after_end(self, server: float | None) -> float:
        """Return the seconds to wait after a clean end.

        Args:
            server: the server's `retry:`, in seconds; None if it sent none.
        """
        delay = self.after_end if server is None else min(server, self.retry_cap)
        return max(self.floor, delay)

    def explain_cap(self, server: float | None, retry_after: float | None) -> str:
        """Return a note on a wait of the server's that is cut to our limit, such as
        `; it asks to wait 3,600 s, of which 300 s are waited`; empty if none is."""
        wait, cap = retry_after, self.retry_after_cap
        if wait is None:
            wait, cap = server, self.retry_cap
        if wait is None or wait <= cap:
            return ""
        return f"; it asks to wait {wait:,.0f} s, of which {cap:g} s are waited"
