"""When a frame may go: soon after a pause, then at a pace that all panels share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nbstream.display.widget.frame_clock import FrameBudget, FrameClock


def sent_within(seconds: float, clocks: list[FrameClock]) -> list[int]:
    """Frames that each sends of a stream that never pauses, in simulated time."""
    sent = [0] * len(clocks)
    for step in range(int(seconds * 2_000)):
        now = 100 + step / 2_000
        for index, clock in enumerate(clocks):
            if clock.wait(now) <= 0:
                clock.record_frame(now)
                sent[index] += 1
    return sent


def test_the_first_token_does_not_wait_for_the_frame_before_it() -> None:
    """An answer's beginning and its first token arrive together, and are sent in one
    frame."""
    clock = FrameClock(FrameBudget())
    for _ in range(3):
        assert clock.wait(100.0) <= 0
        clock.record_frame(100.0)
    assert clock.wait(100.0) > 0
    # After a pause the burst allowance is full again.
    for _ in range(3):
        assert clock.wait(200.0) <= 0
        clock.record_frame(200.0)


def test_one_stream_sends_at_most_thirty_a_second() -> None:
    (sent,) = sent_within(10, [FrameClock(FrameBudget())])
    assert 250 <= sent <= 300


@pytest.mark.parametrize("panels", [20, 50, 200])
def test_many_streams_stay_under_what_the_server_lets_through(panels: int) -> None:
    """The Jupyter server drops what exceeds 1,000 messages a second."""
    budget = FrameBudget()
    sent = sent_within(3, [FrameClock(budget) for _ in range(panels)])
    assert sum(sent) / 3 <= 600
    assert min(sent) >= max(sent) - 1  # all get the same share


def test_who_has_ended_leaves_its_part_to_the_others() -> None:
    budget = FrameBudget()
    clocks = [FrameClock(budget) for _ in range(100)]
    assert budget.interval == pytest.approx(0.25)
    for clock in clocks[1:]:
        clock.stop()
        clock.stop()
    assert sent_within(1, clocks[:1])[0] > 25


def test_panels_of_several_threads_are_counted() -> None:
    """Streams run outside the kernel's loop too; a lost count slows all of them for
    ever."""
    budget = FrameBudget()

    def come_and_go(_: int) -> None:
        for _ in range(1000):
            FrameClock(budget).stop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(8)))
    assert budget.clocks == 0


def test_a_page_that_draws_late_gets_fewer_frames_and_never_none() -> None:
    """Four are on their way to it at most, until it draws in time again."""
    clock = FrameClock(FrameBudget())
    for lag, least, most in ((0.05, 250, 300), (0.6, 60, 70), (60.0, 38, 44)):
        clock.record_lag(lag)
        (sent,) = sent_within(10, [clock])
        clock = FrameClock(FrameBudget())
        assert least <= sent <= most, lag
