"""When a connection is made again, and when its end is the end: the retry policy.

Pure and synchronous: facts go in, decisions come out. It does no IO and has no clock;
`EventSource` carries out what it decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ..event import ServerSentEvent
from .backoff import Backoff

ID_NOT_SENT = "\0"
"""The id of events before the first `id:` of their connection. The standard allows no
server to send it."""

_NO_IDS = frozenset({"", ID_NOT_SENT})

_FIRST_RETRIES = 2
_LATER_RETRIES = 20
# A server that so often answers with no event, after it ended the stream, has ended it.
_EMPTY_ANSWERS = 3
# How many ids are remembered, of the first that came and of the last: a server that
# does not resume begins anew, or with what it sent last.
_REMEMBERED = 1000

THE_SERVER_ENDED = "the server ended the stream"


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """How one connection, or the attempt to have one, ended."""

    reason: str = THE_SERVER_ENDED
    """What happened, as it is shown."""
    clean: bool = False
    """The body came to its proper end."""
    refused: bool = False
    """The server never acted on the request, so that repeating it is safe."""
    status: int | None = None
    """The HTTP status, if the server refused with one."""
    retry_after: float | None = None
    """Seconds that the refusal asks to wait."""
    lived: float = 0.0
    """Seconds that the connection was open."""
    sent_id: bool = False
    """The connection carried an `id:` field."""
    resumable: bool = False
    """The next request can name the last event id."""
    woken: bool = False
    """The machine woke up, or changed its network, and nothing came after that: the end
    says nothing about the server."""
    retry: float | None = None
    """Seconds of the connection's last `retry:` field, if it had one."""
    advice: str = ""
    """What to do about it, where more is known than the policy knows."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Connect again."""

    delay: float
    """Seconds to wait before."""
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """This was the end of the stream."""

    reason: str
    can_follow: bool = False
    """`follow=True` would have connected again."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The stream failed."""

    reason: str
    advice: str
    attempts: int
    """Tries in a row without success."""
    status: int | None = None
    empty: bool = False
    """It ended properly, but without one event."""


Decision = Reconnect | Ended | GiveUp


class Attempts:
    """The retry policy of one stream.

    Args:
        method: of the request.
        safe: whether repeating the request changes nothing (RFC 9110, 9.2.1).
        retries: how many tries in a row may fail; None for the defaults.
        backoff: the delays.
        follow: connect again after every clean end of a safe request.
        strict: do so too, as browsers do.
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
        """How many have been open."""
        self._tries = 0  # without success, in a row: against the limit
        self._failures = 0  # in a row: how far the delays have grown
        self._events = 0  # of all connections
        self._delivered = 0  # of these, by the last connection
        self._follows = False  # some connection carried an id or a time to retry
        self._retry: float | None = None
        self._followed = 0  # requests made after clean ends, in all
        self._empty = 0  # of these, without an event, in a row
        self._after_end = False  # the last request was made after a clean end
        self._first_ids: set[str] = set()
        self._last_ids: deque[str] = deque(maxlen=_REMEMBERED)
        self._earlier_ids: set[str] = set()
        self._repeated = False
        self._end_said = False

    # -- facts -------------------------------------------------------------------

    def opened(self) -> None:
        """Take note that a server answered with a stream."""
        self.connections += 1
        judged = self._after_end and not self._endless
        known = self._first_ids.union(self._last_ids) if judged else set()
        self._earlier_ids = known - _NO_IDS

    def received(self, events: Sequence[ServerSentEvent]) -> int:
        """Take note of events; return how many of them are new. If that is not all,
        the server repeats what came before it ended the stream: the rest is to be
        dropped, and the connection to be closed.

        Args:
            events: those of one read. The id is `ID_NOT_SENT`, or empty, where the
                connection carried none.
        """
        new = self._count_new(events) if self._earlier_ids else len(events)
        self._repeated = new < len(events)
        self._delivered += new
        self._events += new
        self._remember(events[:new])
        return new

    def end_said(self) -> None:
        """Take note that the stream has said its end in words of its own."""
        self._end_said = True

    def may_replace(self, *, certain: bool, resumable: bool) -> bool:
        """Return whether a connection that is silent after the machine woke up
        (certainly, or perhaps) may be given up for another, though it may be sound."""
        repeatable = self._safe or self._retries is not None
        return repeatable and self._retries != 0 and (certain or resumable)

    # -- decisions ---------------------------------------------------------------

    def decide(self, end: ConnectionEnd) -> Decision:
        """Return what to do now that a connection has ended."""
        delivered, self._delivered = self._delivered, 0
        self._follows |= end.sent_id or end.retry is not None or bool(self._first_ids)
        if end.retry is not None:
            self._retry = end.retry
        if self._end_said:
            return Ended(end.reason)
        if end.clean:
            return self._after_clean_end(end, delivered)
        healthy = self._is_healthy(end)
        # What costs money each time is bounded by `retries`, success or not.
        if (delivered or healthy) and (self._safe or end.resumable):
            self._tries = 0
        if healthy:
            self._failures = 0
        if delivered:
            self._after_end = False
        return self._after_failure(end)

    def _after_clean_end(self, end: ConnectionEnd, delivered: int) -> Decision:
        was_after_end, self._after_end = self._after_end, True
        self._empty = 0 if delivered else self._empty + was_after_end
        if self._repeated:
            return Ended(end.reason)
        if not self._safe:
            # It may cost each time it is asked.
            return Ended(end.reason) if self._events else self._without_event()
        if not self._endless:
            if not self._events and not self._follows:
                return self._after_empty_start(end)
            if not self._follows or self._empty >= _EMPTY_ANSWERS:
                return self._ended(end)
        if self._retries is not None and self._followed >= self._retries:
            return self._ended(end)
        self._followed += 1
        self._tries = 0
        if delivered or self._is_healthy(end):
            self._failures = 0
        delay = self._backoff.delay_after_end(self._retry)
        return Reconnect(delay, self._told(end))

    def _ended(self, end: ConnectionEnd) -> Decision:
        if not self._events:
            return self._without_event()
        return Ended(end.reason, can_follow=not self._endless and self._retries is None)

    def _after_empty_start(self, end: ConnectionEnd) -> Decision:
        """There was nothing at all: an error, unless `retries` was given: a number of
        failures that it may have."""
        self._tries += 1
        self._failures += 1
        self._after_end = False
        if self._tries > (self._retries or 0):
            return self._without_event()
        return Reconnect(self._delay(end), end.reason)

    def _without_event(self) -> GiveUp:
        advice = "follow=True asks again whenever it ends." if self._safe else ""
        return GiveUp(
            "the stream ended without an event",
            advice,
            attempts=max(1, self._tries),
            empty=True,
        )

    def _after_failure(self, end: ConnectionEnd) -> Decision:
        self._tries += 1
        self._failures += 1
        limit = self._retries
        if limit is None:
            limit = _LATER_RETRIES if self.connections else _FIRST_RETRIES
        repeatable = (
            self._safe or end.refused or self._retries is not None or end.resumable
        )
        if repeatable and self._tries <= limit:
            return Reconnect(self._delay(end), self._told(end))
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

    def _told(self, end: ConnectionEnd) -> str:
        if end.woken:
            return end.reason
        return end.reason + self._backoff.shortened(self._retry, end.retry_after)

    def _is_healthy(self, end: ConnectionEnd) -> bool:
        return end.lived > 0 and end.lived >= self._backoff.healthy

    # -- ids ---------------------------------------------------------------------

    def _count_new(self, events: Sequence[ServerSentEvent]) -> int:
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
