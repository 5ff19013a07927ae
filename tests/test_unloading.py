"""`%unload_ext nbstream` restores the kernel's state and keeps the frozen outputs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from nbstream.testing import events

from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

# Everything that an extension can leave in a kernel, as comparable text.
LOOK = """
import asyncio, atexit, gc, json, logging, sys, threading
import comm, ipywidgets
at_exit = []
def register(function, *args, _register=atexit.register, **options):
    at_exit.append(function)
    return _register(function, *args, **options)
def unregister(function, _unregister=atexit.unregister):
    at_exit[:] = [other for other in at_exit if other != function]
    _unregister(function)
atexit.register, atexit.unregister = register, unregister
def look():
    gc.collect()
    ip = get_ipython()
    formatter = ip.display_formatter.ipython_display_formatter
    names = ["", *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(name) for name in names]
    print(json.dumps({
        "widgets": list(ipywidgets.Widget.get_manager_state()["state"]),
        "comms": len(comm.get_comm_manager().comms),
        "tasks": [t.get_name() for t in asyncio.all_tasks() if "nbstream" in repr(t)],
        "threads": [t.name for t in threading.enumerate() if "nbstream" in t.name],
        "hooks": {event: len(hooks) for event, hooks in ip.events.callbacks.items()},
        "formatters": sorted(map(str, formatter.type_printers)),
        "transformers": len(ip.input_transformers_post + ip.input_transformers_cleanup),
        "configurables": sorted(type(c).__name__ for c in ip.configurables),
        "magics": sorted(name for kind in ip.magics_manager.magics.values()
                         for name in kind if "stream" in name),
        "registry": "StreamMagics" in ip.magics_manager.registry,
        "atexit": len(at_exit),
        "logging": sum(len(l.filters) + len(l.handlers) for l in loggers),
        "meta path": len(sys.meta_path),
    }))
look()
"""


async def look(kernel: Kernel) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(await kernel.printed("look()"))
    return seen


async def until_as_before(kernel: Kernel, before: dict[str, Any]) -> None:
    """Tasks in the kernel's loop end after the cell that unloaded has ended."""
    seen: dict[str, Any] = {}
    try:
        async with asyncio.timeout(10):
            while (seen := await look(kernel)) != before:
                pass
    except TimeoutError:
        assert seen == before


async def test_nothing_is_left_and_outputs_have_frozen(sse_server: Any) -> None:
    server = sse_server(events("data: so far\n\n", stay=True))
    async with Kernel(load=False) as kernel:
        await kernel.run(
            "%load_ext storemagic"
        )  # these are IPython's own, loaded on demand
        await kernel.run(LOOK)
        before = await look(kernel)
        for time in range(2):
            kernel.updates.clear()
            await kernel.run("%load_ext nbstream")
            await kernel.run(f"%stream {server.url} -n here", "a")
            await kernel.run(f"%stream {server.url} --thread -n beside", "b")
            await kernel.run("%stream ['plain'] -n ended", "c")
            await kernel.run("%streams", "d")
            await kernel.run("display(here)", "e")
            for name in ("here", "beside"):
                await kernel.until_prints(f"print({name}.text)", "so far")
            during = await look(kernel)
            assert len(during["widgets"]) >= 6
            assert "nbstream loop" in during["threads"]
            await kernel.run("%unload_ext nbstream")
            if time == 0:  # libraries register exit handlers when first used
                before["atexit"] = (await look(kernel))["atexit"]
            await until_as_before(kernel, before)
            frozen = [json.dumps(update["data"]) for update in kernel.updates]
            assert sum("so far" in output for output in frozen) == 3
            assert not any("widget-view" in output for output in frozen)
            states = "print(here.state, beside.state, ended.state, ended.text)"
            assert await kernel.printed(states) == (
                "cancelled cancelled finished plain\n"
            )


async def test_it_can_be_reloaded_while_a_stream_runs(sse_server: Any) -> None:
    """The old streams end, and the new extension works from the next cell on."""
    server = sse_server(events("data: one\n\n", stay=True))
    async with Kernel() as kernel:
        await kernel.run(f"%stream {server.url} -n old", "a")
        assert await kernel.printed("%reload_ext nbstream") == ""
        await kernel.run(f"%stream {server.url} -n new", "b")
        await kernel.until_prints("print(new.text)", "one")
        assert await kernel.printed("print(old.state, new.state)") == (
            "cancelled live\n"
        )


async def test_messages_of_a_page_for_closed_panels_are_ignored() -> None:
    """It does not know yet; its messages are no error in the kernel."""
    async with Kernel() as kernel:
        (shown,) = await kernel.run("%stream ['a']", "a")
        view = shown["data"]["application/vnd.jupyter.widget-view+json"]
        await kernel.run(
            "import ipywidgets\n"
            "states = ipywidgets.Widget.get_manager_state()['state']\n"
            "runtime = next(i for i, s in states.items() if '_esm' in s['state'] "
            "and 'runtime' not in s['state'])"
        )
        runtime = (await kernel.printed("print(runtime)")).strip()
        await kernel.run("%unload_ext nbstream")
        for kind in ("sync", "ack", "freeze", "cancel", "ping"):
            kernel.send(runtime, {"type": kind, "panel": view["model_id"]})
        assert await kernel.printed("print('well')") == "well\n"


async def test_a_stream_that_ignores_its_end_is_named_and_left() -> None:
    async with Kernel() as kernel:
        await kernel.run(
            "import asyncio\n"
            "async def stubborn():\n"
            "    yield 'so far'\n"
            "    while True:\n"
            "        try:\n"
            "            await asyncio.sleep(3600)\n"
            "        except asyncio.CancelledError:\n"
            "            pass\n"
        )
        await kernel.run(LOOK)
        await kernel.run("%stream stubborn() -n s", "a")
        await kernel.until_prints("print(s.text)", "so far")
        outputs = await kernel.run("%unload_ext nbstream")
        while (await look(kernel))["widgets"]:
            pass
        assert "s did not end within" in "".join(o.get("text", "") for o in outputs)
        assert "so far" in kernel.updates[-1]["data"]["text/plain"]
