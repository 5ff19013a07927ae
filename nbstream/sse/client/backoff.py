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
    """No delay is longer, unless the server's `Retry-After` asks for it."""
    after_end: float = 3.0
    """The delay after a clean end, where the server names none by `retry:`; browsers
    wait as long."""
    healthy: float = 5.0
    """A connection that was open this long ends the row of failures."""
    floor: float = 0.05
    """No delay is shorter, whatever the server's `retry:` says."""
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
        if server is not None and failures <= 1:
            return max(self.floor, server)
        first = self.initial if server is None else max(server, self.floor)
        # The exponent is bounded: a float overflows long before patience does.
        bound = min(max(self.cap, first), first * self.factor ** min(failures - 1, 60))
        least = self.floor if server is None else max(server, self.floor)
        return max(least, random.uniform(0, bound))
