"""The two kinds of widget: one runtime a kernel, and a panel for each output (and one
that is never shown, to carry the post for all).

Two, because a widget sends its code once an instance (manzt/anywidget#613): the
runtime carries the whole front end, and each panel only a few kilobytes that look the
runtime up.

The page's messages travel on the runtime's comm because a kernel routes them to the
thread that last *sent* on that comm (ipykernel 7, `BaseComm._reply_subshell_id`), and
on the runtime's nothing is sent after it opens: so they arrive on the page's own
subshell even while a cell computes. Their handlers may thus run on any thread.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Protocol

import anywidget
import traitlets
from ipywidgets import widget_serialization

from ...errors import BundleMissing
from .batching import Outbox, Post
from .frame_clock import Budget


class Receiver(Protocol):
    """Takes the page's messages about one panel."""

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the page; on any thread."""


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


class _Widget(anywidget.AnyWidget):
    # A `Layout` is a widget too, with a comm and a model in every page, and closing its
    # owner does not close it. Ours are laid out by their own style sheet.
    layout = traitlets.Any(None)


class Runtime(_Widget):
    """Carries the front end to the page, and the page's messages to the kernel.
    Never displayed."""

    _esm = traitlets.Unicode().tag(sync=True)
    slot = traitlets.Unicode().tag(sync=True)
    has_subshell = False
    """Whether a page's messages have come on a thread beside the cells'."""

    def __init__(self) -> None:
        # Panels come and go in the threads of their streams, messages on the page's.
        self._lock = threading.Lock()
        self._receivers: dict[str, tuple[Panel, Receiver]] = {}
        self._courier: Panel | None = None
        super().__init__(_esm=static("runtime.js"), slot=slot())
        # What opened it was a send too; see the module's docstring. Private to
        # ipykernel 7, and not there in others.
        if hasattr(self.comm, "_reply_subshell_id"):
            del self.comm._reply_subshell_id
        self.budget = Budget()
        """The frames that its panels share."""
        self._outbox = Outbox(self._deliver)
        self.on_msg(self._receive)

    def connect(self, panel: Panel, receiver: Receiver) -> None:
        """Pass the page's messages about this panel on."""
        with self._lock:
            self._receivers[panel.key] = panel, receiver
            if len(self._receivers) > 1 and self._courier is None:
                self._courier = Panel(self, view="courier", title="")

    def disconnect(self, panel: Panel) -> None:
        """Pass no more on."""
        self._receivers.pop(panel.key, None)

    def close(self) -> None:
        """Close it in the kernel and in pages, after its panels; what is sent or comes
        later goes nowhere."""
        with self._lock:
            courier, self._courier = self._courier, None
            self._receivers.clear()
        if courier is not None:
            courier.close()
        super().close()

    def post(self, panel: Panel, message: dict[str, Any]) -> None:
        """Send a message to a panel in the page: by itself while one stream runs, else
        with those of other panels."""
        if self._courier is None or (self.budget.clocks <= 1 and self._outbox.empty):
            panel.tell(message)
        else:
            self._outbox.put(panel.key, message)

    def _deliver(self, post: Post) -> None:
        courier = self._courier
        if courier is None:
            return  # closed meanwhile
        here = [[key, message] for key, message in post if key in self._receivers]
        courier.tell({"type": "post", "messages": here})

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            self.has_subshell = True
        for message in content.get("messages", [content]):
            self._pass_on(message)

    def _pass_on(self, content: dict[str, Any]) -> None:
        panel, receiver = self._receivers.get(content.get("panel", ""), (None, None))
        if panel is None or receiver is None:
            return
        if content.get("type") == "freeze":
            panel.leave_behind()
        else:
            receiver.receive(content)


class Panel(_Widget):
    """The model of one output in the page: the few facts that must outlast a lost
    message. All content goes by messages."""

    _esm = traitlets.Unicode().tag(sync=True)
    runtime = traitlets.Instance(Runtime).tag(sync=True, **widget_serialization)
    slot = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    view = traitlets.Enum(["stream", "table", "columns", "courier"]).tag(sync=True)
    # The panels that this one draws side by side.
    columns = traitlets.List(traitlets.Any()).tag(sync=True, **widget_serialization)
    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("connecting").tag(sync=True)
    last_error = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, runtime: Runtime, *, view: str, title: str, columns: Sequence[Panel] = ()
    ) -> None:
        model_id = uuid.uuid4().hex
        super().__init__(
            model_id=model_id,
            _esm=static("panel.js"),
            runtime=runtime,
            slot=slot(),
            key=model_id,  # a page's module is not told its own model's id
            view=view,
            title=title,
            columns=list(columns),
        )
        self._left: dict[str, Any] | None = None
        self._send_unaddressed = _unaddressed(self.comm)

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to the pages, in the name of no request; on any thread.

        A widget's own `send` names the cell that was run, in more words than a frame
        has for its content. Pages find a panel by its comm alone; but Colab only looks
        at what a cell that runs has asked for.
        """
        if self.comm is None:
            return  # closed meanwhile
        if self._send_unaddressed is None:
            self.send(message)
        else:
            self._send_unaddressed({"method": "custom", "content": message})

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Tell pages that ordinary output has taken the panel's place.

        Those that show the running notebook have it by a display update. Those that
        were reloaded since drop such updates: finding the panel still there, they ask
        for what is to stand in its place, and put it into the notebook themselves.
        """
        self._left = {"type": "freeze", "data": data, "metadata": metadata}
        self.tell_frozen()

    def tell_frozen(self) -> None:
        """If it is frozen, say so: pages that come later have not heard it."""
        if self._left is not None:
            self.tell({"type": "frozen"})

    def leave_behind(self) -> None:
        """Send what is to stand in the panel's place to a page that asks for it; on
        any thread."""
        if self._left is not None:
            self.tell(self._left)


def _unaddressed(comm: Any) -> Callable[[dict[str, Any]], None] | None:
    """How to send on a comm without a parent; None where only a widget's `send` can.

    ipykernel has no public way, but a session and a socket to send by, which all its
    own threads use: the socket hands messages to the thread that owns the real one.
    """
    kernel = getattr(comm, "kernel", None)
    send = getattr(getattr(kernel, "session", None), "send", None)
    socket = getattr(kernel, "iopub_socket", None)
    topic = getattr(comm, "topic", None)
    if "google.colab" in sys.modules or send is None or None in (socket, topic):
        return None
    try:
        inspect.signature(send).bind(socket, "comm_msg", {}, ident=topic)
    except (TypeError, ValueError):
        return None  # another ipykernel than those we know
    comm_id = comm.comm_id

    def send_data(data: dict[str, Any]) -> None:
        content = {"comm_id": comm_id, "data": data}
        send(socket, "comm_msg", content, ident=topic)

    return send_data
