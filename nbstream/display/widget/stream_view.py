"""A stream in a page: what crosses between kernel and panel.

`frontend/src/protocol.ts` mirrors this file.

    kernel → page, on the panel's comm, or several in one post on that of the courier:
        frame     {seq, since, patches, head}     what changed after `since`; of the
                                                  head, the counts if only they did
        snapshot  {seq, patches, head}            everything
        pong      {}                              the loop that streams is running
        frozen    {}                              ordinary output is in its place
        freeze    {data, metadata}                that output, to a page that asked
    page → kernel, on the runtime's comm, each with the panel's key:
        sync {}   ack {seq, held}   cancel {}   ping {}   freeze {}
                                                  held: seconds since it was drawn
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...content.transcript import Patch
from ...streams.event_loops import call_in
from ...streams.handle import Stream
from .frame_clock import FrameClock
from .runtime import Panel, Runtime

# While a cell runs, a kernel without subshells hears no page, so none can answer; the
# page must not stand still for that.
_FRAME_UNHEARD = 0.25
# A page answers once a second, for an answer costs two messages of the kernel's state;
# one that owes an answer for longer than this draws nothing, or is gone.
_PATIENCE = 2.5
# Of the head, what every event changes.
_COUNTS = {"events", "bytes"}

_log = logging.getLogger("nbstream")


@dataclass(slots=True, eq=False)
class Snapshot:
    """What a page is sent as a whole, in parts: a message is written out at one go."""

    seq: int
    """The number of the last change in it."""
    parts: deque[tuple[int, list[Patch]]]
    """Those that are still to be sent, each with its number."""


class WidgetView:
    """Keeps a panel up to date with a stream, by frames that the page acknowledges.

    The first changes go out at once, then at most one frame each 38 ms, or fewer where
    many streams run or a page draws them late, and none while one is unanswered for
    2.5 s: a page that is slow, hidden or closed makes frames bigger and rarer, and
    never a queue that grows.

    Args:
        stream: what to show.
        runtime: the kernel's runtime.
        cell_runs: whether a cell runs now.
    """

    def __init__(
        self, stream: Stream, runtime: Runtime, cell_runs: Callable[[], bool]
    ) -> None:
        self._stream = stream
        self._runtime = runtime
        self._cell_runs = cell_runs
        # Everything but `receive` happens in the stream's loop, which may be another
        # thread's than the one that shows it.
        self._loop = stream.loop or asyncio.get_running_loop()
        self._sent = 0
        self._snapshot: Snapshot | None = None  # that is being sent
        # Frames and when they went; fewer than these wherever an answer can come.
        self._unacknowledged: deque[tuple[int, float]] = deque(maxlen=256)
        self._clock = FrameClock(runtime.budget)
        self._timer: asyncio.TimerHandle | None = None
        self._head: dict[str, Any] = {}
        self._closed = False
        self.panel = Panel(runtime, view="stream", title=stream.label)
        runtime.connect(self.panel, self)
        self._stop_observing = stream.observe(self._changed)
        self._in_loop(self._changed)

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Leave this in the panel's place, once all has been told; on any thread."""
        self._in_loop(self._flush)
        self.panel.freeze(data, metadata)

    def close(self) -> None:
        """Release the panel; its drawings in pages go. On any thread."""
        self._closed = True
        self._stop_observing()
        self._clock.stop()
        self._runtime.disconnect(self.panel)
        self.panel.close()
        self._in_loop(self._stop_timer)

    # -- page → kernel -----------------------------------------------------------

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the page; on any thread."""
        if message.get("type") == "cancel":
            self._stream.cancel()
        else:
            self._in_loop(self._handle, message)

    def _in_loop(self, call: Callable[..., None], *args: Any) -> None:
        call_in(self._loop, call, *args)

    def _handle(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ack":
                self._answered(message.get("seq", 0), message.get("held", 0.0))
                self._changed()
            case "sync":
                # Whatever another page owed, this one starts afresh.
                self._unacknowledged.clear()
                self._clock.drawn(0.0)
                self._send_snapshot()
                self.panel.tell_frozen()
            case "ping":
                self.panel.tell({"type": "pong"})
            case other:
                _log.warning("Expected ack, sync, cancel or ping, got %r", other)

    def _answered(self, seq: int, held: float) -> None:
        sent = None
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            _, sent = self._unacknowledged.popleft()
        if sent is not None:
            self._clock.drawn(self._loop.time() - sent - held)

    # -- kernel → page -----------------------------------------------------------

    def _changed(self) -> None:
        """Send a frame now, or see to it that one is sent when it may be."""
        if self._closed:
            return
        stream = self._stream
        if self.panel.state != stream.state:
            with self.panel.hold_sync():
                self.panel.state = stream.state
                self.panel.last_error = stream.reason if stream.error else ""
        if stream.done:
            self._clock.stop()
            self._flush()
            return
        if self._timer is not None:
            return
        now = self._loop.time()
        wait = self._clock.wait(now)
        if self._unacknowledged and now - self._unacknowledged[0][1] > _PATIENCE:
            if self._runtime.has_subshell or not self._cell_runs():
                return
            wait += _FRAME_UNHEARD
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._on_timer)
        else:
            self._send_frame()

    def _on_timer(self) -> None:
        self._timer = None
        self._changed()

    def _flush(self) -> None:
        """Send what is left, whatever was acknowledged."""
        self._stop_timer()
        while self._snapshot is not None:
            self._send_part()
        self._send_frame()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send_frame(self) -> None:
        transcript = self._stream.transcript
        if self._snapshot is not None:
            return  # whatever changes meanwhile follows it
        head = self._facts()
        if transcript.seq == self._sent and head == self._head:
            return
        seq, patches = transcript.frame_after(self._sent)
        if patches is None:
            self._send_snapshot()
            return
        before = self._head
        news = {k for k in head | before if head.get(k) != before.get(k)}
        if news <= _COUNTS:
            # The page's own clock goes on, and an event ends the quiet.
            told = {key: head[key] for key in sorted(news)}
        else:
            told = head | self._clocks()
        self._send({"type": "frame", "since": self._sent}, seq, patches, told)
        self._head = head

    def _send_snapshot(self) -> None:
        seq, parts = self._stream.transcript.snapshot_in_parts()
        self._snapshot = Snapshot(seq, deque(enumerate(parts)))
        self._send_part()

    def _send_part(self) -> bool:
        """Send the next part of a snapshot, and see to it that the others follow, each
        in a turn of the loop of its own. Returns whether there are others."""
        assert self._snapshot is not None
        number, patches = self._snapshot.parts.popleft()
        if self._snapshot.parts:
            part = {"type": "part", "number": number, "patches": _plain(patches)}
            self._runtime.post(self.panel, part)
            self._loop.call_soon(self._go_on, self._snapshot)
            return True
        seq, self._snapshot = self._snapshot.seq, None
        self._head = self._facts()
        message: dict[str, Any] = {"type": "snapshot"}
        if number:
            message["parts"] = number  # that came before it
        self._send(message, seq, patches, self._head | self._clocks())
        return False

    def _go_on(self, snapshot: Snapshot) -> None:
        # A page that asks meanwhile gets another.
        if self._snapshot is not snapshot or self._closed:
            return
        if not self._send_part():
            self._changed()  # it may have, meanwhile

    def _send(
        self,
        message: dict[str, Any],
        seq: int,
        patches: list[Patch],
        head: dict[str, Any],
    ) -> None:
        message["seq"] = seq
        message["patches"] = _plain(patches)
        message["head"] = head
        self._sent = seq
        now = self._loop.time()
        self._unacknowledged.append((seq, now))
        self._clock.sent(now)
        self._runtime.post(self.panel, message)

    def _facts(self) -> dict[str, Any]:
        stream = self._stream
        # What most streams never have to tell is left out.
        rare: dict[str, Any] = {"unbroken": True} if stream.unbroken else {}
        if stream.transcript.lost is not None:
            rare["lost"] = stream.transcript.lost
        return rare | {
            "state": stream.state,
            "reason": stream.reason,
            "events": stream.events_received,
            "bytes": stream.bytes_received,
            "reconnects": stream.reconnects,
        }

    def _clocks(self) -> dict[str, float]:
        timing = self._stream.timing
        clocks = {"elapsed": timing.elapsed, "quiet": timing.quiet}
        if timing.retry_in is not None:
            clocks["retry_in"] = timing.retry_in
        return {name: round(seconds, 2) for name, seconds in clocks.items()}


def _plain(patches: Sequence[Patch]) -> list[list[Any]]:
    return [[patch.block, patch.kind, patch.payload] for patch in patches]
