"""Decide when to connect again, and which end of a connection ends the stream.

Pure and synchronous: facts go in, decisions come out. It does no IO and has no clock;
the Reader carries out what it decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...event import ServerSentEvent
from .backoff import Backoff
from .decisions import ConnectionEnd, Decision, Ended, GiveUp, Reconnect

ID_NOT_SENT = "\0"
"""The id of events before the first `id:` of their connection. The standard allows no
server to send it."""

_NO_IDS = frozenset({"", ID_NOT_SENT})

_FIRST_RETRIES = 2
_LATER_RETRIES = 20
# After a clean end, so many responses in a row without an event are the end.
_EMPTY_RESPONSES = 3
# How many ids are remembered, of the first and of the last events: a server that does
# not resume starts anew, or with what it sent last.
_REMEMBERED = 1000
# Statuses under 500 after which a later try may succeed.
_RETRIED = frozenset({408, 425, 429})


def is_retryable(status: int) -> bool:
    """Return whether a later try may succeed after this HTTP status."""
    return status in _RETRIED or 500 <= status <= 599


class RetryPolicy:
    """The retry policy of one stream.

    Args:
        method: the request's method, for messages; default GET.
        safe: whether repeating the request changes nothing (RFC 9110, 9.2.1).
        retries: how many tries in a row may fail; None for 2 before the first success
            and 20 after it.
        backoff: the delays; default `Backoff()`.
        follow: connect again after every clean end of a safe request.
        strict: the same, as browsers do.
    """

    def __init__(
        self,
        method: str = "GET",
        safe: bool = True,
        retries: int | None = None,
        backoff: Backoff | None = None,
        *,
        follow: bool = False,
        strict: bool = False,
    ) -> None:
        self._method = method
        self._safe = safe
        self._retries = retries
        self._backoff = backoff or Backoff()
        self._endless = follow or strict

        self.connections = 0
        """How many connections have been open."""
        self._tries = 0  # failed in a row: against the limit
        self._failures = 0  # in a row: the exponent of the delay
        self._events = 0  # of all connections
        self._delivered = 0  # of these, on the last connection
        self._can_resume = False  # some connection carried an `id:` or a `retry:`
        self._retry: float | None = None  # seconds, from the last `retry:`
        self._followed = 0  # requests after clean ends, in all
        self._empty = 0  # of these, without an event, in a row
        self._after_end = False  # the last request followed a clean end
        self._first_ids: set[str] = set()
        self._last_ids: deque[str] = deque(maxlen=_REMEMBERED)
        self._earlier_ids: set[str] = set()
        self._repeated = False
        self._end_recorded = False

    # -- facts -------------------------------------------------------------------

    @property
    def may_repeat(self) -> bool:
        """True if the request may be sent again after a connection was lost."""
        return self._safe or self._retries is not None

    def record_open(self) -> None:
        """Record that the server answered with a stream."""
        self.connections += 1
        detect = self._after_end and not self._endless
        known = self._first_ids.union(self._last_ids) if detect else set()
        self._earlier_ids = known - _NO_IDS

    def record_events(self, events: Sequence[ServerSentEvent]) -> int:
        """Record events, and return how many of them are new. If not all are, the
        server repeats events from before it ended the stream: drop the rest, and close
        the connection.

        Args:
            events: the events of one read. The id is `ID_NOT_SENT`, or empty, before
                the connection's first `id:`.
        """
        new = self._count_until_repeat(events) if self._earlier_ids else len(events)
        self._repeated = new < len(events)
        self._delivered += new
        self._events += new
        self._remember(events[:new])
        return new

    def record_end(self) -> None:
        """Record that an event, such as `[DONE]`, marked the end of the stream: this
        connection is then the last, however it ends."""
        self._end_recorded = True

    def may_replace(self, *, certain: bool, resumable: bool) -> bool:
        """Return whether a connection that is silent after the machine woke up may be
        replaced by another, although it may be sound.

        Args:
            certain: the machine did wake up; False if its clock may just be wrong.
            resumable: the next request can name the last event id.
        """
        return self.may_repeat and self._retries != 0 and (certain or resumable)

    # -- decisions ---------------------------------------------------------------

    def decide(self, end: ConnectionEnd) -> Decision:
        """Return what to do now that a connection has ended."""
        delivered, self._delivered = self._delivered, 0
        self._can_resume |= (
            end.sent_id or end.retry is not None or bool(self._first_ids)
        )
        if end.retry is not None:
            self._retry = end.retry
        if self._end_recorded:
            return Ended(end.reason)
        if end.clean:
            return self._decide_after_clean_end(end, delivered)
        healthy = self._is_healthy(end)
        # A request that costs money each time is bounded by `retries`, success or not.
        if (delivered or healthy) and (self._safe or end.resumable):
            self._tries = 0
        if healthy:
            self._failures = 0
        if delivered:
            self._after_end = False
        return self._decide_after_failure(end)

    def _decide_after_clean_end(self, end: ConnectionEnd, delivered: int) -> Decision:
        was_after_end, self._after_end = self._after_end, True
        self._empty = 0 if delivered else self._empty + was_after_end
        if self._repeated:
            return Ended(end.reason)
        if not self._safe:
            # The request may cost money each time.
            return Ended(end.reason) if self._events else self._fail_without_event()
        if not self._endless:
            if not self._events and not self._can_resume:
                return self._decide_after_empty_start(end)
            if not self._can_resume or self._empty >= _EMPTY_RESPONSES:
                return self._end_stream(end)
        if self._retries is not None and self._followed >= self._retries:
            return self._end_stream(end)
        self._followed += 1
        self._tries = 0
        if delivered or self._is_healthy(end):
            self._failures = 0
        delay = self._backoff.delay_after_end(self._retry)
        return Reconnect(delay, self._explain(end))

    def _end_stream(self, end: ConnectionEnd) -> Decision:
        if not self._events:
            return self._fail_without_event()
        return Ended(end.reason, can_follow=not self._endless and self._retries is None)

    def _decide_after_empty_start(self, end: ConnectionEnd) -> Decision:
        """Decide after a stream without one event: an error, and `retries` says how
        often it may happen."""
        self._tries += 1
        self._failures += 1
        self._after_end = False
        if self._tries > (self._retries or 0):
            return self._fail_without_event()
        return Reconnect(self._delay(end), end.reason)

    def _fail_without_event(self) -> GiveUp:
        advice = "follow=True asks again whenever it ends." if self._safe else ""
        return GiveUp(
            "the stream ended without an event",
            advice,
            attempts=max(1, self._tries),
            empty=True,
        )

    def _decide_after_failure(self, end: ConnectionEnd) -> Decision:
        self._tries += 1
        self._failures += 1
        limit = self._retries
        if limit is None:
            limit = _LATER_RETRIES if self.connections else _FIRST_RETRIES
        repeatable = self.may_repeat or end.refused or end.resumable
        if repeatable and self._tries <= limit:
            return Reconnect(self._delay(end), self._explain(end))
        if end.advice:
            advice = end.advice
        elif not repeatable:
            advice = (
                f"A {self._method} that was answered is not sent again unless you ask "
                "for it with retries=N."
            )
        elif end.status is not None:
            advice = "Raise retries=N to try for longer, or try again later."
        elif not self.connections:
            advice = "Is the server running, and the address right?"
        else:
            advice = "Raise retries=N to try for longer."
        return GiveUp(end.reason, advice, self._tries, end.status)

    def _delay(self, end: ConnectionEnd) -> float:
        if end.woken and end.retry_after is None:
            return self._backoff.floor
        return self._backoff.delay(
            self._failures, server=self._retry, retry_after=end.retry_after
        )

    def _explain(self, end: ConnectionEnd) -> str:
        if end.woken:
            return end.reason
        return end.reason + self._backoff.explain_cap(self._retry, end.retry_after)

    def _is_healthy(self, end: ConnectionEnd) -> bool:
        return end.lived > 0 and end.lived >= self._backoff.healthy

    # -- ids ---------------------------------------------------------------------

    def _count_until_repeat(self, events: Sequence[ServerSentEvent]) -> int:
        for place, event in enumerate(events):
            if event.id in self._earlier_ids:
                return place
        return len(events)

    def _remember(self, events: Sequence[ServerSentEvent]) -> None:
        room = _REMEMBERED - len(self._first_ids)
        if room > 0:
            self._first_ids |= {event.id for event in events[:room]} - _NO_IDS
        if room < len(events):
            self._last_ids.extend(event.id for event in events[-_REMEMBERED:])
