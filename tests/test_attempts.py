"""The retry policy by itself: what happened on each connection, and the decision.

A history is a list of connections, each the ids of its events and how it ended. All but
the last must lead to another connection; the last one's decision is the row's result.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, field
from typing import Any

import pytest

from nbstream.sse import Backoff, ServerSentEvent
from nbstream.sse.client.retry.decisions import (
    ConnectionEnd,
    Decision,
    Ended,
    GiveUp,
    Reconnect,
)
from nbstream.sse.client.retry.policy import RetryPolicy

BACKOFF = Backoff(initial=1.0, cap=1.0, floor=1.0, after_end=3.0, healthy=5.0)
BROKEN = ConnectionEnd("the connection was reset")
REFUSED = ConnectionEnd("the connection was refused", refused=True)


@dataclass
class One:
    """One connection: the ids of its events ("" where none was sent), and its end."""

    ids: list[str] = field(default_factory=list)
    end: ConnectionEnd = field(default_factory=lambda: ConnectionEnd(clean=True))
    opens: bool = True


def clean(*ids: str, retry: float | None = None) -> One:
    sent = any(ids)
    return One(
        [*ids], ConnectionEnd(clean=True, sent_id=sent, resumable=sent, retry=retry)
    )


def broken(*ids: str) -> One:
    sent = any(ids)
    return One([*ids], ConnectionEnd("reset", sent_id=sent, resumable=sent))


def refused() -> One:
    return One(end=REFUSED, opens=False)


def play(attempts: RetryPolicy, history: list[One]) -> tuple[list[Decision], list[str]]:
    """Return the decision after each connection, and the ids of the events that were
    new."""
    decisions: list[Decision] = []
    new: list[str] = []
    for one in history:
        if one.opens:
            attempts.record_open()
        for id in one.ids:
            if not attempts.record_events([ServerSentEvent(id=id)]):
                break
            new.append(id)
        decisions.append(attempts.decide(one.end))
    return decisions, new


def decided(history: list[One], **options: Any) -> Decision:
    decisions, _ = play(RetryPolicy(backoff=BACKOFF, **options), history)
    assert all(isinstance(decision, Reconnect) for decision in decisions[:-1])
    return decisions[-1]


AGAIN = Reconnect(3.0, "the server ended the stream")
END = Ended("the server ended the stream")
END_UNLESS_FOLLOWED = Ended("the server ended the stream", can_follow=True)
POST = {"method": "POST", "safe": False}

TABLE = {
    "a finite answer": ([clean("", "")], {}, END_UNLESS_FOLLOWED),
    "… followed": ([clean("", "")] * 50, {"follow": True}, AGAIN),
    "… as browsers do": ([clean("", "")] * 50, {"strict": True}, AGAIN),
    "… sent again after a break": (
        [broken(""), clean("", "")],
        {},
        END_UNLESS_FOLLOWED,
    ),
    "ids": ([clean("1", "2")], {}, AGAIN),
    "an id without an event": (
        [One(end=ConnectionEnd(clean=True, sent_id=True))],
        {},
        AGAIN,
    ),
    "ids only on the connection before": ([clean("1"), clean("")], {}, AGAIN),
    "ids that are new each time": ([clean(str(n)) for n in range(50)], {}, AGAIN),
    "the server's time": ([clean("", retry=7.0)], {}, Reconnect(7.0, AGAIN.reason)),
    "the server's time stays": (
        [clean("", retry=7.0), clean("")],
        {},
        Reconnect(7.0, AGAIN.reason),
    ),
    "the server's time has a floor": (
        [clean("", retry=0.0)],
        {},
        Reconnect(1.0, AGAIN.reason),
    ),
    "the server's time is at most a minute": (
        [clean("", retry=1e9)],
        {},
        Reconnect(
            60.0,
            f"{AGAIN.reason}; it asks to wait 1,000,000,000 s, of which 60 s are "
            "waited",
        ),
    ),
    "… after a break too": (
        [One([""], ConnectionEnd("reset", retry=1e9))],
        {},
        Reconnect(
            60.0, "reset; it asks to wait 1,000,000,000 s, of which 60 s are waited"
        ),
    ),
    "a rate limit is waited for five minutes at most": (
        [One(end=ConnectionEnd("busy", status=429, retry_after=7200.0), opens=False)],
        {},
        Reconnect(300.0, "busy; it asks to wait 7,200 s, of which 300 s are waited"),
    ),
    "ids from the first again": ([clean("1", "2"), clean("1", "2")], {}, END),
    "the last id again": ([clean("1", "2"), clean("2", "3")], {}, END),
    "one id for all events": ([clean("a", "a", "a")], {}, AGAIN),
    "one id for all events, again": ([clean("a", "a"), clean("a")], {}, END),
    "ids again, followed": ([clean("1")] * 50, {"follow": True}, AGAIN),
    "ids again after a break": ([broken("1"), broken("1"), clean("1")], {}, AGAIN),
    "ids again after a later break": (
        [clean("1"), broken("2"), clean("2")],
        {},
        AGAIN,
    ),
    "two answers without an event": ([clean("1"), clean(), clean()], {}, AGAIN),
    "three of them": ([clean("1"), clean(), clean(), clean()], {}, END_UNLESS_FOLLOWED),
    "three, but not running": (
        [clean("1"), clean(), clean(), clean("2"), clean(), clean()],
        {},
        AGAIN,
    ),
    "a POST": ([clean("", "")], POST, END),
    "a POST with ids": ([clean("1")], {**POST, "retries": 9}, END),
    "a POST that is to be followed": ([clean("1")], {**POST, "follow": True}, END),
    "retries bound what follows an end": (
        [clean("1"), clean("2"), clean("3")],
        {"retries": 2},
        END,
    ),
    "… and events do not reset them": (
        [clean("1"), broken("2"), clean("3")],
        {"retries": 1},
        END,
    ),
    "… of what is followed, too": (
        [clean(""), clean("")],
        {"retries": 1, "follow": True},
        END,
    ),
    "no retries": ([clean("1")], {"retries": 0}, END),
    "no retries, and no ids": ([clean("")], {"retries": 0}, END),
    "a break": ([broken("1")], {}, Reconnect(1.0, "reset")),
    "breaks that each brought something": (
        [broken("1")] * 50,
        {},
        Reconnect(1.0, "reset"),
    ),
    "a POST that can resume": ([broken("1")], POST, Reconnect(1.0, "reset")),
    "a refused POST": ([refused()], POST, Reconnect(1.0, REFUSED.reason)),
}


@pytest.mark.parametrize(("history", "options", "result"), TABLE.values(), ids=TABLE)
def test_a_history_leads_to_a_decision(
    history: list[One], options: Any, result: Decision
) -> None:
    assert decided(history, **options) == result


GIVEN_UP = {
    "nothing at all": ([clean()], {}, 1, True),
    "nothing, to a POST": ([clean()], POST, 1, True),
    "nothing, as often as retries allow": ([clean()] * 3, {"retries": 2}, 3, True),
    "a time to retry, but never an event": (
        [clean(retry=1.0), clean(), clean(), clean()],
        {},
        1,
        True,
    ),
    "refused from the start": ([refused()] * 3, {}, 3, False),
    "refused after events": ([broken("1"), *[refused()] * 20], {}, 21, False),
    "refused after an end": ([clean("1"), *[refused()] * 21], {}, 21, False),
    "a POST that broke": ([broken("")], POST, 1, False),
    "a POST that broke, with retries": ([broken("")] * 3, {**POST, "retries": 2}, 3, 0),
}


@pytest.mark.parametrize(
    ("history", "options", "attempts", "empty"), GIVEN_UP.values(), ids=GIVEN_UP
)
def test_a_history_leads_to_giving_up(
    history: list[One], options: Any, attempts: int, empty: bool
) -> None:
    result = decided(history, **options)
    assert isinstance(result, GiveUp)
    assert (result.attempts, result.empty) == (attempts, empty)


@pytest.mark.parametrize("end", [ConnectionEnd(clean=True, sent_id=True), BROKEN])
def test_an_announced_end_is_final(end: Any) -> None:
    attempts = RetryPolicy(backoff=BACKOFF)
    attempts.record_open()
    attempts.record_events([ServerSentEvent(id="1")])
    attempts.record_end()
    assert attempts.decide(end) == Ended(end.reason)


def test_repeated_events_are_distinguished_from_new_ones() -> None:
    attempts = RetryPolicy(backoff=BACKOFF)
    decisions, new = play(attempts, [clean("1", "2"), clean("3", "1", "4")])
    assert new == ["1", "2", "3"]
    assert decisions == [AGAIN, END]


def test_the_first_ids_and_the_last_of_a_long_stream_are_remembered() -> None:
    for again in ("7", "99990"):
        tracemalloc.start()
        attempts = RetryPolicy(backoff=BACKOFF)
        attempts.record_open()
        for start in range(0, 100_000, 5_000):
            attempts.record_events(
                [ServerSentEvent(id=str(n)) for n in range(start, start + 5_000)]
            )
        attempts.decide(clean("0").end)
        attempts.record_open()
        assert attempts.record_events([ServerSentEvent(id=again)]) == 0
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept < 1024 * 1024, "a tenth of what all of them take"
