"""Read a widget's messages off the kernel's shell channel before they queue.

ipykernel handles the requests of its shell channel one after the other, so what a page
sends waits until the running cell has ended: a click on Cancel, and acknowledgements.
JupyterLab sends them on a subshell where ipykernel 7 has those. VS Code and Colab do
not, and ipykernel 6 has none.

ipykernel 7 reads the channel in a thread, so the messages arrive even while a cell
computes; ipykernel 6 reads it in the event loop of the cells, so while a cell awaits.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
from collections.abc import Callable
from typing import Any

Receive = Callable[[Any], None]
"""Handles the content of a custom message, on any thread, at once."""

_log = logging.getLogger("nbstream")


def read_shell_channel(
    comm: Any, receive: Receive, runs_cell: Callable[[], bool]
) -> ShellChannelReader | None:
    """Pass the page's custom messages on a comm to `receive` as they arrive. Returns
    the reader; None where the kernel is not an ipykernel that is built as we know it,
    and then the messages take their turn.

    Args:
        comm: a comm of ipykernel.
        receive: gets these messages instead of the comm. Those of a subshell still
            reach the comm: they wait for no cell.
        runs_cell: returns whether a cell runs now.
    """
    try:
        kernel = comm.kernel
        stream, session = kernel.shell_stream, kernel.session
        used = (
            *(stream.on_recv, stream._recv_callback, stream.closed),
            *(session.feed_identities, session.unpack, session.deserialize),
            *(stream.io_loop.add_callback, kernel.io_loop.add_callback),
        )
        inspect.signature(kernel._publish_status).bind("busy", "shell", parent={})
        inspect.signature(stream.on_recv).bind(None, copy=False)
        if stream._recv_copy or not all(map(callable, used)):
            return None
    except (AttributeError, TypeError, ValueError):
        return None
    return ShellChannelReader(comm, receive, runs_cell)


class ShellChannelReader:
    """Takes one comm's custom messages off the shell channel, and leaves all other
    requests to ipykernel, in their order. Made by `read_shell_channel`."""

    def __init__(
        self, comm: Any, receive: Receive, runs_cell: Callable[[], bool]
    ) -> None:
        self._kernel = comm.kernel
        self._comm_id: str = comm.comm_id
        self._receive = receive
        self._runs_cell = runs_cell
        self._closed = False
        self._stream = self._kernel.shell_stream
        self.is_beside_cells = self._stream.io_loop is not self._kernel.io_loop
        """Whether it reads in a thread beside the cells', and so while one computes."""
        self._pass_on: Callable[[list[Any]], Any]
        self._in_channel(self._install)

    def close(self) -> None:
        """Leave all messages to ipykernel again."""
        self._closed = True
        self._in_channel(self._remove)

    def _in_channel(self, call: Callable[[], None]) -> None:
        """Call this in the thread that reads the channel."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: the kernel ends
            self._stream.io_loop.add_callback(call)

    def _install(self) -> None:
        if not self._stream.closed():
            self._pass_on = self._stream._recv_callback
            self._stream.on_recv(self._read, copy=False)

    def _remove(self) -> None:
        # One that was installed later removes this one with itself.
        if self._stream.closed() or self._stream._recv_callback != self._read:
            return
        before = self._pass_on
        while isinstance(reader := getattr(before, "__self__", None), type(self)):
            if not reader._closed:
                break
            before = reader._pass_on
        self._stream.on_recv(before, copy=False)

    def _read(self, frames: list[Any]) -> Any:
        message = None if self._closed else self._find_own(frames)
        if message is None:
            return self._pass_on(frames)
        self._kernel.io_loop.add_callback(self._publish_statuses, message)
        try:
            self._receive(message["content"]["data"]["content"])
        except Exception:
            _log.exception("A message of a panel could not be handled")
        return None

    def _find_own(self, frames: list[Any]) -> dict[str, Any] | None:
        """Return the message, checked by its signature, if it is one to take."""
        session = self._kernel.session
        try:
            _, parts = session.feed_identities(frames, copy=False)
            packed: bytes = parts[4].bytes
            if self._comm_id.encode() not in packed:
                return None
            # A signature may be checked only once, so this looks before.
            header = session.unpack(parts[1].bytes)
            if header["msg_type"] != "comm_msg" or header.get("subshell_id"):
                return None
            content = session.unpack(packed)
            if content["comm_id"] != self._comm_id:
                return None
            if content["data"]["method"] != "custom":
                return None
            message: dict[str, Any] = session.deserialize(parts, copy=False)
        except Exception:
            return None  # ipykernel reports what is wrong with it
        return message

    def _publish_statuses(self, message: dict[str, Any]) -> None:
        """Publish that the message is handled, as ipykernel does for each: a page keeps
        it in memory until then. The last status counts as the kernel's own, so while a
        cell runs, that it is busy comes last. To be called in the loop of the cells,
        which cannot end meanwhile."""
        publish = self._kernel._publish_status
        publish("busy", "shell", parent=message)
        publish("idle", "shell", parent=message)
        if self._runs_cell():
            publish("busy", "shell")
