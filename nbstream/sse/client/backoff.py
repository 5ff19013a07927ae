"""When to try again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Growing delays with full jitter and a cap, in seconds.

    Full jitter (each delay drawn evenly from nothing to its bound) spreads out the
    clients that one restart of a server cut off together.
    """

    initial: float = 0.5
    """The bound of the first delay."""
    factor: float = 2.0
    """By how much the bound grows with each failure in a row."""
    cap: float = 30.0
    """No delay is longer, unless the server's `retry:` or `Retry-After` asks for it."""
    after_end: float = 3.0
    """The delay after a clean end, where the server names none by `retry:`; browsers
    wait as long."""
    healthy: float = 5.0
    """A connection that was open this long ends the row of failures."""
    floor: float = 0.05
    """No delay is shorter, whatever the server's `retry:` says."""
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
        """Seconds to wait before the next try.

        Args:
            failures: failures in a row, at least 1.
            server: the server's `retry:`, in seconds. It takes the place of
                `initial`, and is not jittered the first time: the server chose it.
            retry_after: seconds asked for by a `Retry-After` header.
        """
        if retry_after is not None:
            return max(self.floor, min(retry_after, self.retry_after_cap))
        if server is not None:
            server = max(self.floor, min(server, self.retry_cap))
            if failures <= 1:
                return server
        first = self.initial if server is None else server
        # The exponent is bounded: a float overflows long before patience does.
        bound = min(max(self.cap, first), first * self.factor ** min(failures - 1, 60))
        least = self.floor if server is None else server
        return max(least, random.uniform(0, bound))

    def delay_after_end(self, server: float | None) -> float:
        """Seconds to wait after a clean end, given the server's `retry:` in seconds."""
        asked = self.after_end if server is None else min(server, self.retry_cap)
        return max(self.floor, asked)

    def shortened(self, server: float | None, retry_after: float | None) -> str:
        """Say which wait that the server asks for is not waited in full, such as
        `; it asks to wait 3,600 s, of which 300 s are waited`; empty if none."""
        asked, cap = retry_after, self.retry_after_cap
        if asked is None:
            asked, cap = server, self.retry_cap
        if asked is None or asked <= cap:
            return ""
        return f"; it asks to wait {asked:,.0f} s, of which {cap:g} s are waited"
