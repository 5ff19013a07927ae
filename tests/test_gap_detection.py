"""Detecting events that were lost by reconnecting."""

from __future__ import annotations

import pytest

import nbstream
from nbstream.streams.gap_detection import GapDetector
from nbstream.testing import StartSSEServer, events, status

SOON = "retry: 1\n\n"
GONE = status(204)


@pytest.mark.parametrize(
    ("ids", "unbroken"),
    [
        ("1 2 | 3", True),
        ("9 | 10 11 | 12", True),
        ("1 2 |", False),  # nothing new since
        ("1 2 | 4", False),
        ("1 2 | 1 2 3", False),  # the server restarted its ids
        ("1 | 3 | 4", False),  # one gap stays a gap
        ("a1 | a2", False),  # such ids do not show what is between them
        ("1 2", False),  # there was nothing to break
    ],
)
def test_ids_that_count_up_tell_whether_something_was_lost(
    ids: str, unbroken: bool
) -> None:
    detector = GapDetector()
    for id in ids.split():
        if id == "|":
            detector.on_reconnect()
        else:
            detector.on_event(id)
    assert detector.unbroken is unbroken


@pytest.mark.anyio
async def test_a_server_that_resumes_lost_nothing(sse_server: StartSSEServer) -> None:
    server = sse_server(
        events(SOON + "id: 1\ndata: one\n\n"), events("id: 2\ndata: two\n\n"), GONE
    )
    stream = await nbstream.stream(server.url)
    assert (stream.text, stream.reconnects, stream.unbroken) == ("onetwo", 1, True)


@pytest.mark.anyio
async def test_losses_that_the_server_reports_are_added_up(
    sse_server: StartSSEServer,
) -> None:
    gap = 'id: {}\ndata: {{"type":"gap","lost":{}}}\n\n'
    server = sse_server(
        events(SOON + "id: 1\ndata: one\n\n"),
        events(gap.format(2, 12)),
        events(gap.format(3, "null") + gap.format(4, 3)),
        GONE,
    )
    stream = await nbstream.stream(server.url)
    assert stream.transcript.lost == 15
    assert not stream.unbroken
    assert stream.transcript.blocks[1:] == []  # in the status line
    for form in stream.mimebundle().values():  # and, where that is gone, below
        assert "Gap: at least 15 events lost" in form
