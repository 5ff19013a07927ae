"""Run cells in a real kernel, with the messages that a page sends: a cell's id too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

from jupyter_client.manager import AsyncKernelManager

# Seconds that a test waits for the kernel; pytest's own timeout does not end a loop.
WAIT = 45.0


class Kernel:
    """A kernel that has nbstream loaded, as an async context manager.

    Args:
        load: whether to load it.
        session: the notebook's path, as Jupyter servers pass it to the kernels that
            they start; None as for a kernel that something else started.
        packages: a folder of packages that it prefers to the installed ones.
        environment: more environment variables.
    """

    def __init__(
        self,
        *,
        load: bool = True,
        session: str | None = "n.ipynb",
        packages: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._load = load
        self._environment = {**os.environ, **(environment or {})}
        if session is not None:
            self._environment["JPY_SESSION_NAME"] = session
        if packages is not None:
            path = (str(packages), os.environ.get("PYTHONPATH"))
            self._environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
        self.updates: list[dict[str, Any]] = []
        """Contents of the outputs that took the place of others."""
        self.comm_messages: list[dict[str, Any]] = []
        """What was sent to widgets, as messages."""
        self.statuses: list[tuple[str, str]] = []
        """What the kernel published as its state, each with the id of the request."""
        self._runtimes: dict[str, str] = {}
        """The runtime's comm of each panel of a stream."""

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
        await self.until(
            lambda: any(text in str(outputs) for outputs in self._outputs.values())
        )
        await self._manager.interrupt_kernel()

    async def interrupt(self) -> None:
        """Interrupt the cell that runs."""
        await self._manager.interrupt_kernel()

    def send(self, comm: str, message: dict[str, Any]) -> str:
        """Send a widget's message, as a page does that has no subshell; return its
        id."""
        data = {"method": "custom", "content": message}
        content = {"comm_id": comm, "data": data}
        sent = self._client.session.msg("comm_msg", content)
        self._client.shell_channel.send(sent)
        return str(sent["header"]["msg_id"])

    async def complete(self, code: str) -> list[str]:
        """Ask for the completions of this code."""
        reply = await self._client.complete(code, reply=True)
        matches: list[str] = reply["content"]["matches"]
        return matches

    @property
    def panels(self) -> list[str]:
        """The key of each panel of a stream that was opened, in their order."""
        return list(self._runtimes)

    def send_to_panel(self, panel: str, kind: str, **fields: Any) -> str:
        """Send a message to a panel of a stream, as its page does; return its id."""
        runtime = self._runtimes[panel]
        return self.send(runtime, {"type": kind, "panel": panel, **fields})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the kernel has published something that makes this true."""
        async with asyncio.timeout(WAIT):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def _ended(self, sent: str) -> list[dict[str, Any]]:
        async with asyncio.timeout(WAIT):
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
            content = message["content"]
            if message["msg_type"] == "comm_open":
                state = content["data"].get("state", {})
                if state.get("view") == "stream":
                    runtime = state["runtime"].removeprefix("IPY_MODEL_")
                    self._runtimes[content["comm_id"]] = runtime
            if message["msg_type"] == "status":
                self.statuses.append((sent, content["execution_state"]))
            if sent in self._outputs:
                if content.get("execution_state") == "idle":
                    self._idle[sent].set()
                elif message["msg_type"] == "clear_output":
                    self._outputs[sent].clear()
                elif message["msg_type"] in ("stream", "display_data", "error"):
                    self._outputs[sent].append(content)
            self._news.set()
