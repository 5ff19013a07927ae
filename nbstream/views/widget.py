"""A stream in a page: what crosses between kernel and panel.

Two widgets, because a widget sends its code once an instance (manzt/anywidget#613):
one *runtime* a kernel carries the whole front end, and each stream's *panel* only a
few kilobytes that look the runtime up. `frontend/src/protocol.ts` mirrors this file.

    kernel → page, on the panel's comm:
        frame     {seq, since, patches, head}     what changed after `since`
        snapshot  {seq, patches, head}            everything
        pong      {}                              the loop that streams is running
        freeze    {model_id, data, metadata}      the ordinary output to leave behind
    page → kernel, on the runtime's comm, each with the panel's key:
        sync {}   ack {seq}   cancel {}   ping {}

The page's messages travel on the runtime's comm because a kernel routes them to the
thread that last *sent* on that comm (ipykernel 7, `BaseComm._reply_subshell_id`), and
on the runtime's nothing is sent after it opens: so they arrive on the page's own
subshell even while a cell computes. Their handlers may thus run on any thread.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import itertools
import logging
import threading
from collections.abc import Callable
from importlib import resources
from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from ..errors import BundleMissing
from ..stream import Stream
from ..transcript import Patch

_FRAME = 0.033
# While a cell runs, a kernel without subshells hears no page, so none can answer; the
# page must not stand still for that.
_FRAME_UNHEARD = 0.25
_MAX_UNACKNOWLEDGED = 2

_keys = itertools.count(1)
_log = logging.getLogger("nbstream")


@functools.cache
def static(name: str) -> str:
    """A built file of the front end.

    Raises:
        BundleMissing: if it has not been built.
    """
    path = resources.files("nbstream").joinpath("static", name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise BundleMissing(str(path)) from None


@functools.cache
def slot() -> str:
    """The page-global name under which this very bundle is found: two kernels of
    different versions may share a page."""
    digest = hashlib.sha256(static("runtime.js").encode()).hexdigest()
    return f"nbstream-{digest[:16]}"


class Runtime(anywidget.AnyWidget):
    """Carries the front end to the page, and the page's messages to the kernel.
    Never displayed."""

    _esm = traitlets.Unicode().tag(sync=True)
    slot = traitlets.Unicode().tag(sync=True)
    has_subshell = False
    """Whether a page's messages have come on a thread beside the cells'."""

    def __init__(self) -> None:
        super().__init__(_esm=static("runtime.js"), slot=slot())
        # What opened it was a send too; see the module's docstring. Private to
        # ipykernel 7, and not there in others.
        if hasattr(self.comm, "_reply_subshell_id"):
            del self.comm._reply_subshell_id
        self._views: dict[str, WidgetView] = {}
        self.on_msg(self._receive)

    def add(self, view: WidgetView) -> None:
        """Pass the messages about this view's panel to it."""
        self._views[view.panel.key] = view

    def remove(self, view: WidgetView) -> None:
        """Pass it no more."""
        self._views.pop(view.panel.key, None)

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            self.has_subshell = True
        view = self._views.get(content.get("stream", ""))
        if view is not None:
            view.receive(content)


class Panel(anywidget.AnyWidget):
    """The model of one stream in the page: the few facts that must outlast a lost
    message. All content goes by messages."""

    _esm = traitlets.Unicode().tag(sync=True)
    runtime = traitlets.Instance(Runtime).tag(sync=True, **widget_serialization)
    slot = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("connecting").tag(sync=True)
    last_error = traitlets.Unicode().tag(sync=True)


class WidgetView:
    """Keeps a panel up to date with a stream, by frames that the page acknowledges.

    The first change goes out at once, then at most one frame each 33 ms and at most
    two without an answer: a page that is slow, hidden or closed makes frames bigger
    and rarer, and never a queue.

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
        self._unacknowledged: list[int] = []
        self._frame_due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._head: dict[str, Any] = {}
        self._frozen: dict[str, Any] | None = None
        self.panel = Panel(
            _esm=static("panel.js"),
            runtime=runtime,
            slot=slot(),
            key=str(next(_keys)),
            title=stream.label,
        )
        runtime.add(self)
        self._stop_observing = stream.observe(self._changed)
        self._in_loop(self._changed)

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Tell pages what is to stand in the panel's place. Those that show the
        running notebook get it as a display update; those that were reloaded since
        drop such updates, and put it into the notebook themselves."""
        self._flush()
        self._frozen = {
            "type": "freeze",
            "model_id": self.panel.model_id,
            "data": data,
            "metadata": metadata,
        }
        self.panel.send(self._frozen)

    def close(self) -> None:
        """Release the panel; its drawings in pages go."""
        self._stop_observing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._runtime.remove(self)
        self.panel.close()

    # -- page → kernel -----------------------------------------------------------

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the page; on any thread."""
        if message.get("type") == "cancel":
            self._stream.cancel()
        else:
            self._in_loop(self._handle, message)

    def _in_loop(self, call: Callable[..., None], *args: Any) -> None:
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            call(*args)
        else:
            self._loop.call_soon_threadsafe(call, *args)

    def _handle(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ack":
                seq = message.get("seq", 0)
                self._unacknowledged = [n for n in self._unacknowledged if n > seq]
                self._changed()
            case "sync":
                # Whatever another page owed, this one starts afresh.
                self._unacknowledged.clear()
                self._send_snapshot()
                if self._frozen is not None:
                    self.panel.send(self._frozen)
            case "ping":
                self.panel.send({"type": "pong"})
            case other:
                _log.warning("Expected ack, sync, cancel or ping, got %r", other)

    # -- kernel → page -----------------------------------------------------------

    def _changed(self) -> None:
        """Send a frame now, or see to it that one is sent when it may be."""
        stream = self._stream
        if self.panel.state != stream.state:
            with self.panel.hold_sync():
                self.panel.state = stream.state
                self.panel.last_error = stream.reason if stream.error else ""
            if stream.done:
                self._flush()
                return
        if self._timer is not None:
            return
        wait = self._frame_due - self._loop.time()
        if len(self._unacknowledged) >= _MAX_UNACKNOWLEDGED:
            if self._runtime.has_subshell or not self._cell_runs():
                return
            wait += _FRAME_UNHEARD - _FRAME
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._on_timer)
        else:
            self._send_frame()

    def _on_timer(self) -> None:
        self._timer = None
        self._changed()

    def _flush(self) -> None:
        """Send what is left, whatever was acknowledged."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._send_frame()

    def _send_frame(self) -> None:
        transcript = self._stream.transcript
        head = self._facts()
        if transcript.seq == self._sent and head == self._head:
            return
        patches = transcript.changes_after(self._sent)
        if patches is None:
            self._send_snapshot()
            return
        self._send({"type": "frame", "since": self._sent}, patches, head)

    def _send_snapshot(self) -> None:
        patches = self._stream.transcript.snapshot()
        self._send({"type": "snapshot"}, patches, self._facts())

    def _send(
        self, message: dict[str, Any], patches: list[Patch], head: dict[str, Any]
    ) -> None:
        seq = self._stream.transcript.seq
        message["seq"] = seq
        message["patches"] = [[p.block, p.kind, p.payload] for p in patches]
        clocks = {"elapsed": self._stream.elapsed, "quiet": self._stream.quiet}
        message["head"] = head | {k: round(v, 2) for k, v in clocks.items()}
        self._sent, self._head = seq, head
        self._unacknowledged.append(seq)
        self._frame_due = self._loop.time() + _FRAME
        self.panel.send(message)

    def _facts(self) -> dict[str, Any]:
        stream = self._stream
        return {
            "state": stream.state,
            "reason": stream.reason,
            "events": stream.events_received,
            "bytes": stream.bytes_received,
            "reconnects": stream.reconnects,
        }


__all__ = ["Panel", "Runtime", "WidgetView", "static"]
