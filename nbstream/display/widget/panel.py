"""One panel of a page: its connection to the kernel, and what it leaves when frozen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import traitlets
from ipywidgets import widget_serialization

from .front_end import PROTOCOL, FrontEndWidget, read_built, slot_name
from .ipykernel_comm import Message

if TYPE_CHECKING:
    from .runtime import Runtime

Bundle = dict[str, Any]
MakeOutput = Callable[[], tuple[Bundle, Bundle]]
"""Makes the ordinary output that takes a panel's place: a mime bundle, and its
metadata. Called on any thread, each time that the output is needed: it may be
megabytes, which the panel does not hold."""


class Panel(FrontEndWidget):
    """The model of one output in the page: the few facts that must outlast a lost
    message. All content travels by messages.

    Args:
        runtime: the kernel's runtime.
        view: what draws it in the page.
        title: its heading.
        receive: handles the page's messages, on any thread; None if there are none.
        columns: the panels that this one draws side by side.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    runtime = traitlets.Instance("ipywidgets.Widget").tag(
        sync=True, **widget_serialization
    )
    slot = traitlets.Unicode().tag(sync=True)
    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    view = traitlets.Enum(["stream", "table", "comparison", "batch"]).tag(sync=True)
    columns = traitlets.List(traitlets.Any()).tag(sync=True, **widget_serialization)
    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("connecting").tag(sync=True)
    last_error = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        runtime: Runtime,
        *,
        view: str,
        title: str,
        receive: Callable[[Message], None] | None = None,
        columns: Sequence[Panel] = (),
    ) -> None:
        model_id = uuid.uuid4().hex
        super().__init__(
            model_id=model_id,
            _esm=read_built("panel.js"),
            runtime=runtime,
            slot=slot_name(),
            key=model_id,  # a page's module cannot read its own model's id
            view=view,
            title=title,
            columns=list(columns),
        )
        # A kernel may choose the id itself, as xeus-python does.
        self.key = self.model_id
        self.is_drawn = False
        """Whether a page has drawn it: one may have it and draw no widget, as where the
        notebook is not trusted."""
        # Whether a page has it that can replace outputs of its notebook.
        self._refreshing: Literal["impossible", "possible", "unconfirmed"]
        self._refreshing = "impossible"
        self._make_frozen: MakeOutput | None = None
        self._send_without_parent = runtime.sender_of(self.comm)
        self._handle = receive
        if receive is not None:
            runtime.connect(self)

    def send(self, content: Message, buffers: Any = None) -> None:
        """Send a message to the pages, if possible in the name of no request; on any
        thread. Does nothing once closed."""
        if self.comm is None:
            return
        if self._send_without_parent is None or buffers:
            super().send(content, buffers)
        else:
            self._send_without_parent(content)

    def receive(self, message: Message) -> None:
        """Handle a message of the page; on any thread."""
        kind = message.get("type")
        if kind == "sync":
            self._refreshing = "possible" if message.get("replaces") else "impossible"
        if kind == "refreshed":
            self._refreshing = "possible"
        elif kind == "drawn":
            self.is_drawn = True
        elif kind == "freeze":
            self.send_output()
        elif kind == "module":
            # Formulas, where the host has no typesetter: for few pages, and long.
            self.send({"type": "module", "code": read_built("mathml.js")})
        elif self._handle is not None:
            self._handle(message)

    def freeze(self, make: MakeOutput) -> None:
        """Announce that ordinary output has taken the panel's place.

        Pages that show the running notebook receive it by a display update. Those that
        were reloaded since drop such updates: as they still have the panel, they ask
        for the output, and put it into the notebook themselves.
        """
        self._make_frozen = make
        self.send_frozen()

    def send_refreshed(self, data: Bundle, metadata: Bundle) -> bool:
        """Have a page put this in its place until it is drawn. Returns whether one is
        there that can: it has confirmed the last one."""
        if self._refreshing != "possible":
            self._refreshing = "impossible"
            return False
        self._refreshing = "unconfirmed"
        self.send({"type": "refresh", "data": data, "metadata": metadata})
        return True

    @property
    def has_unconfirmed_refresh(self) -> bool:
        """Whether no page has confirmed the last refresh; it may be gone."""
        return self._refreshing == "unconfirmed"

    def send_frozen(self) -> None:
        """If it is frozen, say so: a page that was opened later does not know."""
        if self._make_frozen is not None:
            self.send({"type": "frozen"})

    def send_output(self) -> None:
        """If it is frozen, send the output that takes its place; on any thread."""
        if self._make_frozen is not None:
            data, metadata = self._make_frozen()
            self.send({"type": "freeze", "data": data, "metadata": metadata})

    def close(self) -> None:
        """Close it in the kernel and in pages. Harmless when repeated."""
        if self.comm is not None:
            self.runtime.disconnect(self)
        super().close()
