"""The states of a stream: how a change of the connection changes them, without IO."""

from __future__ import annotations

import pytest

from nbstream.sse import ConnectionChange
from nbstream.streams.status import Status

OPEN = ConnectionChange("open")
FIRST = ConnectionChange("connecting")
AGAIN = ConnectionChange("connecting", reason="it broke", delay=2.0)
CLOSED = ConnectionChange("closed", reason="the server ended the stream")


@pytest.mark.parametrize(
    ("changes", "state", "reason", "reconnects"),
    [
        ([], "connecting", "", 0),
        ([FIRST], "connecting", "", 0),
        ([FIRST, AGAIN], "connecting", "it broke", 0),
        ([FIRST, OPEN], "live", "", 0),
        ([FIRST, OPEN, AGAIN], "reconnecting", "it broke", 0),
        ([FIRST, OPEN, AGAIN, AGAIN, OPEN], "live", "", 1),
        (
            [OPEN, ConnectionChange("open", reason="it is silent")],
            "live",
            "it is silent",
            0,
        ),
        ([OPEN, CLOSED], "live", "", 0),
    ],
)
def test_changes_of_the_connection(
    changes: list[ConnectionChange], state: str, reason: str, reconnects: int
) -> None:
    status = Status()
    for change in changes:
        status.on_connection(change)
    assert (status.state, status.reason, status.reconnects) == (
        state,
        reason,
        reconnects,
    )
    assert not status.done


def test_a_retry_is_counted_down_until_the_connection_is_open() -> None:
    status = Status()
    status.timing.clock = lambda: 10.0
    status.on_connection(OPEN)
    status.on_connection(AGAIN)
    assert status.timing.broken_since is not None
    assert status.timing.retry_in == 2.0
    status.on_connection(OPEN)
    assert (status.timing.retry_in, status.timing.broken_since) == (None, None)


def test_a_note_on_readers_leaves_another_reason_alone() -> None:
    status = Status()
    status.on_connection(OPEN)
    assert status.on_readers("a reader is behind")
    assert not status.on_readers("a reader is behind")
    assert status.reason == "a reader is behind"
    status.on_connection(AGAIN)
    assert not status.on_readers("a reader is further behind")
    assert status.reason == "it broke"
    status.on_connection(OPEN)
    assert not status.on_readers("")


def test_an_error_is_raised_with_the_same_frames_each_time() -> None:
    status = Status()
    status.raise_error()
    status.end("failed", "it broke", ValueError("it broke"))
    for _ in range(2):
        with pytest.raises(ValueError, match="it broke") as caught:
            status.raise_error()
        assert len(caught.traceback) == 2, "the test's frame, and raise_error's"
