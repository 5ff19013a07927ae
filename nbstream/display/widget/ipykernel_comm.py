"""What ipykernel's comms can do but offer no public way to.

Each function checks first whether this ipykernel has it. Where it has not, widgets use
the public way, which works everywhere and costs more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]
"""A custom message of a widget, as JSON."""


def sender_without_parent(comm: Any) -> Callable[[Message], None] | None:
    """Return a function that sends a widget's message in the name of no request, from
    any thread; None where only the widget's own `send` can.

    That `send` names the request that runs, in more bytes than a frame has content.
    ipykernel's own threads use its session and its socket instead: the socket hands
    messages to the thread that owns the real one.
    """
    kernel = getattr(comm, "kernel", None)
    send = getattr(getattr(kernel, "session", None), "send", None)
    socket = getattr(kernel, "iopub_socket", None)
    topic = getattr(comm, "topic", None)
    if send is None or None in (socket, topic):
        return None
    try:
        inspect.signature(send).bind(socket, "comm_msg", {}, ident=topic)
    except (TypeError, ValueError):
        return None  # an ipykernel whose session sends differently
    comm_id = comm.comm_id

    def send_message(message: Message) -> None:
        data = {"method": "custom", "content": message}
        send(socket, "comm_msg", {"comm_id": comm_id, "data": data}, ident=topic)

    return send_message


def receive_beside_cells(comm: Any) -> None:
    """Let the page's messages on this comm arrive on the page's own subshell, even
    while a cell computes. Without subshells they arrive between cells.

    ipykernel 7 routes a comm's messages to the thread that last sent on it, and opening
    the comm was a send, so that is forgotten here. Send nothing on the comm later.
    """
    if hasattr(comm, "_reply_subshell_id"):
        del comm._reply_subshell_id
