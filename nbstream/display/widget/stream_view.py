"""A stream in a page: what crosses between kernel and panel.

`frontend/src/protocol.ts` mirrors this file.

    kernel → page, on the panel's comm, or in a `batch` on the batch panel's:
        frame     {seq, since, patches, head}     the changes after `since`; of the
                                                  head, the counts if only they changed
        part      {number, patches}               a part of the snapshot that follows
        snapshot  {seq, parts?, patches, head}    the whole state
        pong      {}                              the stream's event loop is responsive
        frozen    {}                              ordinary output is in its place
        freeze    {data, metadata}                that output, to a page that asked
        refresh   {data, metadata}                output until a page draws the panel
        module    {code}                          converts formulas, if a page asked
    page → kernel, on the runtime's comm, each with the panel's key:
        sync {replaces}                           replaces: it can replace outputs
        drawn {}                                  a view shows the panel
        ack {seq, held}                           held: seconds since it was drawn
        refreshed {}                              that output is in the notebook
        cancel {}   ping {}   freeze {}   module {}
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
from .ipykernel_comm import Message
from .panel import MakeOutput, Panel
from .runtime import Runtime

# Seconds between frames while no acknowledgement can arrive: a kernel without subshells
# receives none while a cell runs, and the page must not freeze for that.
_UNACKNOWLEDGED_INTERVAL = 0.25
# Seconds to wait for an acknowledgement. A page sends one a second, for each costs two
# messages of the kernel's state; one that is later than this draws nothing, or is gone.
_PATIENCE = 2.5
# The fields of the head that every event changes.
_COUNTS = {"events", "bytes"}

_log = logging.getLogger("nbstream")


@dataclass(slots=True, eq=False)
class Snapshot:
    """The whole state, sent in parts: serialising a message holds the event loop."""

    seq: int
    """The number of the last change in it."""
    parts: deque[tuple[int, list[Patch]]]
    """The parts that are still to be sent, each with its number."""


class StreamView:
    """Keeps a panel up to date with a stream, by frames that the page acknowledges.

    The first changes are sent at once, then at most one frame in 38 ms: fewer where
    many streams run or a page draws late, none while an acknowledgement is missing for
    2.5 s (backpressure). A page that is slow, hidden or closed makes frames bigger and
    rarer, but never a queue that grows.

    Args:
        stream: what to show.
        runtime: the kernel's runtime.
    """

    def __init__(self, stream: Stream, runtime: Runtime) -> None:
        self._stream = stream
        self._runtime = runtime
        # Everything but `_receive`, `freeze` and `close` happens in the stream's loop,
        # which may be another thread's than the one that shows it.
        self._loop = stream.loop or asyncio.get_running_loop()
        self._sent = 0
        self._snapshot: Snapshot | None = None  # the one that is being sent
        # Frames and when they were sent; fewer than this wherever a page acknowledges.
        self._unacknowledged: deque[tuple[int, float]] = deque(maxlen=256)
        self._clock = FrameClock(runtime.budget)
        self._timer: asyncio.TimerHandle | None = None
        self._head: dict[str, Any] = {}
        self._closed = False
        self.panel = Panel(
            runtime, view="stream", title=stream.label, receive=self._receive
        )
        self._stop_observing = stream.observe(self._changed)
        self._in_loop(self._changed)

    def freeze(self, make: MakeOutput) -> None:
        """Put ordinary output in the panel's place, after the last changes; on any
        thread."""
        self._in_loop(self._flush)
        self.panel.freeze(make)

    def close(self) -> None:
        """Close the panel, also in pages; on any thread."""
        self._closed = True
        self._stop_observing()
        self._clock.stop()
        self.panel.close()
        self._in_loop(self._stop_timer)

    # -- page → kernel -----------------------------------------------------------

    def _receive(self, message: Message) -> None:
        if message.get("type") == "cancel":
            self._stream.cancel()
        else:
            self._in_loop(self._handle, message)

    def _in_loop(self, call: Callable[..., None], *args: Any) -> None:
        call_in(self._loop, call, *args)

    def _handle(self, message: Message) -> None:
        match message.get("type"):
            case "ack":
                self._acknowledge(message.get("seq", 0), message.get("held", 0.0))
                self._changed()
            case "sync":
                # This page acknowledges from now on, whatever another one missed.
                self._unacknowledged.clear()
                self._clock.record_lag(0.0)
                self._send_snapshot()
                self.panel.send_frozen()
            case "ping":
                self.panel.send({"type": "pong"})
            case other:
                _log.warning("Expected ack, sync, cancel or ping, got %r", other)

    def _acknowledge(self, seq: int, held: float) -> None:
        sent = None
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            _, sent = self._unacknowledged.popleft()
        if sent is not None:
            self._clock.record_lag(self._loop.time() - sent - held)

    # -- kernel → page -----------------------------------------------------------

    def _changed(self) -> None:
        """Send a frame now, or schedule one for when it is due."""
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
            if self._runtime.hears_page():
                return
            wait += _UNACKNOWLEDGED_INTERVAL
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._on_timer)
        else:
            self._send_frame()

    def _on_timer(self) -> None:
        self._timer = None
        self._changed()

    def _flush(self) -> None:
        """Send the remaining changes, whatever was acknowledged."""
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
            return  # later changes follow it
        head = self._facts()
        if transcript.seq == self._sent and head == self._head:
            return
        seq, patches = transcript.frame_after(self._sent)
        if patches is None:
            self._send_snapshot()
            return
        before = self._head
        changed = {k for k in head | before if head.get(k) != before.get(k)}
        if changed <= _COUNTS:
            # The page's own clock runs on, and an event resets its time of silence.
            sent = {key: head[key] for key in sorted(changed)}
        else:
            sent = head | self._clocks()
        self._send({"type": "frame", "since": self._sent}, seq, patches, sent)
        self._head = head

    def _send_snapshot(self) -> None:
        seq, parts = self._stream.transcript.snapshot_in_parts()
        self._snapshot = Snapshot(seq, deque(enumerate(parts)))
        self._send_part()

    def _send_part(self) -> bool:
        """Send the next part of a snapshot, and schedule the others, each in a turn of
        the loop of its own. Returns whether there are others."""
        assert self._snapshot is not None
        number, patches = self._snapshot.parts.popleft()
        if self._snapshot.parts:
            part = {"type": "part", "number": number, "patches": _serialise(patches)}
            self._runtime.send_soon(self.panel, part)
            self._loop.call_soon(self._send_next_part, self._snapshot)
            return True
        seq, self._snapshot = self._snapshot.seq, None
        self._head = self._facts()
        message: dict[str, Any] = {"type": "snapshot"}
        if number:
            message["parts"] = number  # sent before it
        self._send(message, seq, patches, self._head | self._clocks())
        return False

    def _send_next_part(self, snapshot: Snapshot) -> None:
        # A page that asks meanwhile makes another one.
        if self._snapshot is not snapshot or self._closed:
            return
        if not self._send_part():
            self._changed()  # send the changes that waited for it

    def _send(
        self,
        message: dict[str, Any],
        seq: int,
        patches: list[Patch],
        head: dict[str, Any],
    ) -> None:
        message["seq"] = seq
        message["patches"] = _serialise(patches)
        message["head"] = head
        self._sent = seq
        now = self._loop.time()
        self._unacknowledged.append((seq, now))
        self._clock.record_frame(now)
        self._runtime.send_soon(self.panel, message)

    def _facts(self) -> dict[str, Any]:
        stream = self._stream
        # What rarely differs from the default is left out.
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


def _serialise(patches: Sequence[Patch]) -> list[list[Any]]:
    return [[patch.block, patch.kind, patch.payload] for patch in patches]
