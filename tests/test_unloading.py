"""`%unload_ext nbstream` restores the kernel's state and keeps the frozen outputs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from nbstream.testing import Answer, StartModelServer, events

from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

# Everything that an extension can leave in a kernel, as comparable text.
LOOK = """
import asyncio, atexit, collections, gc, json, logging, signal, sys, threading
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
    ip, loop = get_ipython(), asyncio.get_running_loop()
    by_type = [f.type_printers for f in ip.display_formatter.formatters.values()]
    by_type.append(ip.display_formatter.ipython_display_formatter.type_printers)
    by_type.append(ip.display_formatter.mimebundle_formatter.type_printers)
    names = ["", *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(name) for name in names]
    print(json.dumps({
        "widgets": list(ipywidgets.Widget.get_manager_state()["state"]),
        "comms": len(comm.get_comm_manager().comms),
        "tasks": [t.get_name() for t in asyncio.all_tasks() if "nbstream" in repr(t)],
        "threads": [t.name for t in threading.enumerate() if "nbstream" in t.name],
        "hooks": {event: len(hooks) for event, hooks in ip.events.callbacks.items()},
        "formatters": [sorted(map(str, printers)) for printers in by_type],
        "transformers": len(ip.input_transformers_post + ip.input_transformers_cleanup),
        "ast": len(ip.ast_transformers),
        "matchers": len(ip.Completer.custom_matchers),
        "signals": [repr(signal.getsignal(s)) for s in sorted(signal.valid_signals())],
        "excepthooks": repr((sys.excepthook, sys.unraisablehook, threading.excepthook,
                             ip.custom_exceptions, loop.get_exception_handler())),
        "handlers": sorted([*ip.kernel.shell_handlers, *ip.kernel.control_handlers]),
        "targets": sorted(comm.get_comm_manager().targets),
        "configurables": sorted(type(c).__name__ for c in ip.configurables),
        "magics": sorted(name for kind in ip.magics_manager.magics.values()
                         for name in kind if "stream" in name),
        "registry": "StreamMagics" in ip.magics_manager.registry,
        "atexit": len(at_exit),
        "logging": sum(len(l.filters) + len(l.handlers) for l in loggers),
        "meta path": len(sys.meta_path),
    }))
def count_objects():
    gc.collect()
    kinds = [type(o) for o in gc.get_objects()]
    ours = [k.__qualname__ for k in kinds if str(k.__module__).startswith("nbstream")]
    print(json.dumps(collections.Counter(ours)))
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


# Of every kind that a kernel can have: in each loop and thread, live, ended and failed,
# displayed more than once, of models, recorded.
CELLS = [
    "import itertools, time\n"
    "def ticks():\n    for n in itertools.count():\n        yield n\n"
    "        time.sleep(0.01)",
    "%stream {url} -n here --record {folder}/here.ndjson",
    "%stream {url} -n beside --thread",
    "%stream ['plain'] -n ended",
    "%stream ticks() -n endless",
    "%%stream -n awaits\nyield 'a'\nawait __import__('asyncio').sleep(3600)",
    "%%stream -n fails\nyield 'a'\n1 / 0",
    "%%stream claude -n answer --chat trip\nHello",
    "%%stream claude claude -n answers\nHello",
    "%streams chat trip",
    "%streams",
    "display(here, beside)",
]
OF_A_STREAM = {
    *("Stream", "ModelStream", "Comparison", "Chat", "Session", "StreamMagics"),
    *("Panel", "Runtime", "StreamOutput", "Follower", "EventSource", "Transcript"),
    *("BackgroundLoop", "RecordingWriter"),
}
NAMES = "here, beside, ended, endless, awaits, fails, answer, answers"


async def test_no_object_is_left_of_any_kind_of_stream(
    sse_server: Any, vendor_server: StartModelServer, tmp_path: Path
) -> None:
    """Once the user's own names of them are gone, too."""
    vendor_server(Answer("Hello."))
    server = sse_server(events("data: so far\n\n", stay=True))
    async with Kernel(load=False) as kernel:
        await kernel.run("%load_ext storemagic")
        await kernel.run(LOOK)
        before = await look(kernel)
        for _ in range(2):
            await kernel.run("%load_ext nbstream")
            for number, cell in enumerate(CELLS):
                if "%%" not in cell:
                    cell = cell.replace("{url}", server.url)
                    cell = cell.replace("{folder}", str(tmp_path))
                outputs = await kernel.run(cell, f"cell {number}")
                assert not any("traceback" in output for output in outputs), outputs
            for name in ("here", "beside"):
                await kernel.until_prints(f"print({name}.text)", "so far")
            await kernel.run("%unload_ext nbstream")
            before["atexit"] = (await look(kernel))["atexit"]
            await until_as_before(kernel, before)
            await kernel.run(f"del {NAMES}\nOut.clear()\n_ = __ = ___ = None")
            # The loop closes asynchronous generators after the first collection.
            await kernel.run("gc.collect()")
            left = json.loads(await kernel.printed("count_objects()"))
            assert not {kind for kind in left if kind in OF_A_STREAM}


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


async def test_a_reload_keeps_what_config_has_set_and_forgets_conversations(
    vendor_server: StartModelServer,
) -> None:
    """IPython keeps such values in the shell's configuration, which is the user's."""
    server = vendor_server(Answer("Hello."))
    async with Kernel() as kernel:
        await kernel.run("%config StreamMagics.claude_model = 'claude-mine'")
        await kernel.run("%%stream claude --chat trip\nHello", "a")
        await kernel.run("%reload_ext nbstream")
        await kernel.run("%%stream claude --chat trip\nHello", "b")
        assert [question.model for question in server.questions] == ["claude-mine"] * 2
        shown = await kernel.run("%streams chat trip", "c")
        assert shown[0]["data"]["text/plain"].count("Hello.") == 1


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
