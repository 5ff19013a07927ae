"""Run cells in a real kernel, with the messages that a page sends: a cell's id too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from typing import Any, Self

from jupyter_client.manager import AsyncKernelManager


class Kernel:
    """A kernel that has nbstream loaded, as an async context manager.

    Args:
        load: whether to load it.
        session: the notebook's path, as Jupyter servers pass it to the kernels that
            they start; None as for a kernel that something else started.
    """

    def __init__(self, *, load: bool = True, session: str | None = "n.ipynb") -> None:
        self._load = load
        self._environment = dict(os.environ)
        if session is not None:
            self._environment["JPY_SESSION_NAME"] = session
        self.updates: list[dict[str, Any]] = []
        """Contents of the outputs that took the place of others."""
        self.comm_messages: list[dict[str, Any]] = []
        """What was sent to widgets, as messages."""

    async def __aenter__(self) -> Self:
        self._manager = AsyncKernelManager(kernel_name="python3")
        await self._manager.start_kernel(env=self._environment)
        self._client = self._manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready()
        self._outputs: dict[str, list[dict[str, Any]]] = {}
        self._idle: dict[str, asyncio.Event] = {}
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        if self._load:
            await self.run("%load_ext nbstream")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._reading.cancel()
        self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)

    def begin(
        self, code: str, cell: str | None = None
    ) -> Awaitable[list[dict[str, Any]]]:
        """Send a cell; return an awaitable of its outputs, once it is idle."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": False,
        }
        message = self._client.session.msg(
            "execute_request",
            content,
            metadata={} if cell is None else {"cellId": cell},
        )
        sent: str = message["header"]["msg_id"]
        self._outputs[sent] = []
        self._idle[sent] = asyncio.Event()
        self._client.shell_channel.send(message)
        return self._ended(sent)

    async def run(self, code: str, cell: str | None = None) -> list[dict[str, Any]]:
        """Run a cell to its end; return its outputs, as messages' contents."""
        return await self.begin(code, cell)

    async def printed(self, code: str) -> str:
        """Run a cell; return what it printed."""
        return "".join(output.get("text", "") for output in await self.run(code))

    async def until_prints(self, code: str, expected: str) -> None:
        """Run a cell again and again until it prints this, a line break after it."""
        while await self.printed(code) != f"{expected}\n":
            pass

    async def interrupt_at(self, text: str) -> None:
        """Interrupt the kernel once an output has this in it."""
        while not any(text in str(outputs) for outputs in self._outputs.values()):
            self._news.clear()
            await self._news.wait()
        await self._manager.interrupt_kernel()

    async def interrupt(self) -> None:
        """Interrupt the cell that runs."""
        await self._manager.interrupt_kernel()

    def send(self, comm: str, message: dict[str, Any]) -> None:
        """Send a widget's message, as a page does."""
        data = {"method": "custom", "content": message}
        content = {"comm_id": comm, "data": data}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", content))

    async def _ended(self, sent: str) -> list[dict[str, Any]]:
        await self._idle[sent].wait()
        return self._outputs[sent]

    async def _read(self) -> None:
        while True:
            message = await self._client.get_iopub_msg()
            sent = message["parent_header"].get("msg_id")
            if message["msg_type"] == "update_display_data":
                self.updates.append(message["content"])
            if message["msg_type"] == "comm_msg":
                self.comm_messages.append(message)
            if sent not in self._outputs:
                continue
            content = message["content"]
            if content.get("execution_state") == "idle":
                self._idle[sent].set()
            elif message["msg_type"] in ("stream", "display_data", "error"):
                self._outputs[sent].append(content)
            self._news.set()
