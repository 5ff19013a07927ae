"""Cells of real kernels: nested magics and tracebacks, run by a tool and shown in a
page. One kernel runs all cells of a kind."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from nbstream.demo import DemoServer

from .ipython_shell import PACKAGE
from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.anyio]

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    server = DemoServer()
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
        yield


def visible_text(outputs: list[Any]) -> str:
    """Return a cell's outputs as a reader sees them."""
    parts = []
    for output in outputs:
        if "data" in output:
            parts.append(output["data"]["text/plain"])
        elif "traceback" in output:
            parts.append("\n".join(output["traceback"]))
        else:
            parts.append(output["text"])
    return _COLOUR.sub("", "\n".join(parts))


# -- where a tool runs the notebook ----------------------------------------------

# Each cell, and the output expected under it.
COMPOSED = [
    ("%%time\n%stream iter(['text a'])", ["text a", "Wall time"]),
    ("%time %stream iter(['text b'])", ["text b", "Wall time"]),
    ("%%time\n%%stream\nyield 'text c'", ["text c", "Wall time"]),
    (
        "%%time\n%%stream\nimport asyncio\nyield 'text d'\nawait asyncio.sleep(0)",
        ["text d", "Wall time"],
    ),
    ("%%capture out\n%stream iter(['text e'])", []),
    ("out.show()", ["text e"]),
    ("%%capture out\n%%stream\nyield 'text f'", []),
    ("out.show()\nprint(len(out.outputs))", ["text f", "1"]),
    ("%prun -q %stream iter(['text g'])", ["text g"]),
    ("for n in 'hi':\n    %stream iter(['text ' + n])", ["text h", "text i"]),
    ("def f():\n    %stream iter(['text j'])\nf()", ["text j"]),
    ("async def f():\n    %stream iter(['text k'])\nawait f()", ["text k"]),
    ("x = %stream iter(['text l'])\nprint(x.state)", ["text l", "finished"]),
    (
        "for n in 'mn':\n    get_ipython().run_cell(f'%stream iter([{n!r}])')",
        ["m", "n"],
    ),
    ("%timeit -n1 -r2 %stream {demo}/chat?pace=0", ["per loop"]),
    ("%timeit -n1 -r2 %stream {demo}/chat?pace=0 -d a", ["UsageError: %timeit runs"]),
    ("%config StreamMagics.wait = 'always'\n%stream iter(['text o'])", ["text o"]),
    ("%%stream\nyield 'text p'\n%stream iter(['text q'])", ["text q", "text p"]),
    ("%stream --background -n beside --thread iter(['text r'])", ["text r"]),
    ("%time %streams wait beside", ["Wall time"]),
]

RAISING = [
    ("%%stream\nyield 'so far'\n1/0", [1, 3]),
    ("%%stream\nimport asyncio\nyield 'so far'\nawait asyncio.sleep(0)\n1/0", [1, 5]),
    ("def gen():\n    yield 'so far'\n    1/0\n%stream gen() -n s", [4, 3]),
    ("# again\nawait s", [2, 3]),
    ("async for update in s: pass", [1, 3]),
    ("def f():\n    %stream gen()\nf()", [3, 2, 3]),
    ("%%time\n%%stream\nyield 'so far'\n1/0", [1, 4]),
    ("%stream 1/0", [1]),
]


@pytest.fixture(scope="module")
def executed_cells(demo: DemoServer, own_settings: None) -> dict[str, NotebookNode]:
    """Run every cell above by nbclient in one kernel."""
    cells = [cell.replace("{demo}", demo.url) for cell, _ in COMPOSED + RAISING]
    sources = ["%load_ext nbstream", *cells, "%xmode Verbose", RAISING[0][0]]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    NotebookClient(notebook, timeout=100, allow_errors=True).execute()
    assert "widget" not in str(notebook.cells)
    names = [cell for cell, _ in COMPOSED + RAISING]
    return dict(
        zip(
            [*names, "verbose"],
            [*notebook.cells[1:-2], notebook.cells[-1]],
            strict=True,
        )
    )


@pytest.mark.parametrize(("cell", "expected"), COMPOSED)
def test_magics_compose_where_a_tool_runs_the_notebook(
    executed_cells: dict[str, NotebookNode], cell: str, expected: list[str]
) -> None:
    seen = visible_text(executed_cells[cell].outputs)
    assert all(text in seen for text in expected)
    assert bool(seen) == bool(expected)
    assert "SyntaxError" not in seen
    assert "RuntimeError" not in seen


def name_cells(traceback: str) -> str:
    """Name cells as IPython 8 does; IPython 7 names their temporary files, and what is
    under `%%time`."""
    traceback = traceback.replace("<timed eval> in ", "Cell In[0], line 1, in ")
    file = r"^\S*/ipykernel_\S+ in (.*\n(?:.+\n)*?-+> (\d+))"
    return re.sub(file, r"Cell In[0], line \2, in \1", traceback, flags=re.MULTILINE)


@pytest.mark.parametrize(("cell", "lines"), RAISING)
def test_a_saved_traceback_has_the_users_lines_only(
    executed_cells: dict[str, NotebookNode], cell: str, lines: list[int]
) -> None:
    *outputs, error = executed_cells[cell].outputs
    seen = name_cells(visible_text([error]))
    assert error.ename == "ZeroDivisionError"
    found = re.findall(r"^Cell In\[\d+\], line (\d+)", seen, re.MULTILINE)
    assert [int(line) for line in found] == lines
    assert PACKAGE not in visible_text(outputs) + seen
    assert "/ipykernel_" not in visible_text(outputs) + seen


def test_a_verbose_traceback_has_no_frame_of_ours(
    executed_cells: dict[str, NotebookNode],
) -> None:
    seen = visible_text(executed_cells["verbose"].outputs)
    assert "----> 3 1/0" in seen
    assert PACKAGE not in seen


# -- cells shown in a page --------------------------------------------------


@pytest.fixture(scope="module")
async def kernel(own_settings: None) -> AsyncIterator[Kernel]:
    async with Kernel() as started:
        await started.run("import nbstream, asyncio")
        yield started


async def test_time_does_not_wait_for_a_live_panel(kernel: Kernel) -> None:
    held = "%%time\n%%stream -n held\nyield 'a'\nawait asyncio.Event().wait()"
    panel, timed = await kernel.run(held, "held")
    assert "application/vnd.jupyter.widget-view+json" in panel["data"]
    assert "Wall time" in timed["text"]
    await kernel.run("%streams cancel held", "cancel")


async def test_capture_waits_and_keeps_ordinary_output(kernel: Kernel) -> None:
    """The output cannot be shown live: it is not visible before `show`."""
    assert await kernel.run("%%capture out\n%%stream\nyield 'kept'", "capture") == []
    (output,) = await kernel.run("out.show()", "show")
    assert output["data"]["text/plain"] == "kept"
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]


async def test_timeit_waits_for_each_and_shows_none(
    kernel: Kernel, demo: DemoServer
) -> None:
    (timed,) = await kernel.run(f"%timeit -n2 -r2 %stream {demo}/chat?pace=0", "timeit")
    assert "per loop" in timed["text"]
    (refused,) = await kernel.run(f"%timeit %stream {demo}/chat -d a", "refused")
    assert refused["text"].startswith("UsageError: %timeit runs")


async def test_a_live_magic_gives_its_handle(kernel: Kernel) -> None:
    (panel,) = await kernel.run("x = %stream iter(['a'])", "x")
    assert "application/vnd.jupyter.widget-view+json" in panel["data"]
    assert await kernel.printed("print((await x).text)") == "a\n"


async def test_a_part_of_a_cell_leaves_the_streams_of_the_others(
    kernel: Kernel,
) -> None:
    held = "async def held():\n    yield 'a'\n    await asyncio.Event().wait()\n"
    parts = "get_ipython().run_cell('%stream -n {0} held()')\n"
    await kernel.run(held + parts.format("p") + parts.format("q"), "parts")
    assert await kernel.printed("print(p.done, q.done)") == "False False\n"
    await kernel.run("pass", "parts")
    await kernel.run("await p.wait(), await q.wait()")
    assert await kernel.printed("print(p.state, q.state)") == "cancelled cancelled\n"


async def test_the_panel_and_the_await_of_a_body_show_its_line(kernel: Kernel) -> None:
    await kernel.run("%%stream -n s\nyield 'so far'\n1/0", "body")
    *_, error = await kernel.run("await s", "await")
    seen = visible_text([error])
    assert "----> 1 await s" in seen
    assert "----> 3 1/0" in seen
    assert PACKAGE not in seen
    left = await kernel.printed("print(s.mimebundle()['text/plain'])")
    # With IPython 7 a cell's name has no number.
    assert re.search(r'File "(Cell In\[\d+\]|<cell>)", line 3', left)
    assert PACKAGE not in left


ENDLESS = """\
async def endless(word):
    print(word)
    yield word
    await asyncio.Event().wait()
"""


@pytest.mark.parametrize("magic", ["%time %stream", "%stream"])
async def test_an_interrupt_of_a_cell_that_waits_ends_its_stream(
    kernel: Kernel, magic: str
) -> None:
    await kernel.run(ENDLESS, "define")
    word = f"begun by {magic}"
    running = kernel.begin(f"{magic} --wait -n held endless({word!r})", "wait")
    await kernel.interrupt_at(f"{word}'): ")  # its panel is there
    await running
    assert await kernel.printed("print(held.state)") == "cancelled\n"


async def test_an_interrupt_of_an_await_shows_the_users_line(kernel: Kernel) -> None:
    await kernel.run(ENDLESS, "define")
    running = kernel.begin("y = nbstream.stream(endless('begun by y'))\nawait y", "y")
    await kernel.interrupt_at("begun by y")
    seen = visible_text(await running)
    assert "----> 2 await y" in seen
    assert PACKAGE not in seen
    assert await kernel.printed("print(y.state)") == "cancelled\n"


async def test_a_stream_that_was_made_by_hand_starts_when_it_is_shown(
    kernel: Kernel,
) -> None:
    await kernel.run(
        "from nbstream.sources import source_of\n"
        "by_hand = nbstream.Stream(source_of(iter(['a'])))\n"
        "by_hand"
    )
    await kernel.until_prints("print(by_hand.state, by_hand.text)", "finished a")
