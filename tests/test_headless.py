"""Tools that run notebooks keep a stream's whole content, once, and no widget.

Each test writes a small notebook and runs it with the tool itself.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter, MarkdownExporter

from nbstream.demo import DemoServer
from nbstream.testing import StartSSEServer, events

from .headless_notebooks import execute, notebook_of, only_text, printed
from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    server = DemoServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")


def tool(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=100,
    )


def output_of(url: str) -> str:
    """Return what the server streams, read without nbstream."""
    content = ""
    with urllib.request.urlopen(f"{url}?pace=0") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("data: {"):
                content += json.loads(line[6:]).get("data", "")
    return content


# -- a cell that waits -----------------------------------------------------------


def test_the_cell_waits_for_its_stream(demo: DemoServer) -> None:
    _, state = execute(
        f"%stream {demo}/chat?pace=0.01 -n answer", "print(answer.state)"
    )
    assert printed(state) == "finished\n"


def test_the_whole_text_is_left_once(demo: DemoServer) -> None:
    (cell,) = execute(f"%stream {demo}/chat?pace=0.01")
    expected = output_of(f"{demo}/chat")
    assert expected.startswith("A stream is")
    assert only_text(cell) == expected
    assert json.dumps(cell.outputs).count("A stream is a promise") == 3  # formats


def test_no_widget_is_left_anywhere(demo: DemoServer) -> None:
    notebook = notebook_of(f"%stream {demo}/training?pace=0")
    NotebookClient(notebook, timeout=60).execute()
    assert "widget" not in json.dumps(notebook)


def test_a_body_of_python_is_waited_for() -> None:
    awaiting, plain = execute(
        "%%stream\nimport asyncio\nfor n in range(3):\n"
        "    yield f'{n} '\n    await asyncio.sleep(0.01)",
        "%%stream\nimport time\nfor n in range(3):\n"
        "    yield f'{n} '\n    time.sleep(0.01)",
    )
    assert only_text(awaiting) == "0 1 2 "
    assert only_text(plain) == "0 1 2 "


def test_a_posted_body_has_its_names_filled_in(demo: DemoServer) -> None:
    (cell,) = execute(
        'question = \'"why"?\'\ndemo = "' + demo.url + '"',
        '%%stream {demo}/chat?pace=0\n{"prompt": "{question} {unknown}"}',
    )[1:]
    assert only_text(cell).startswith('You asked: "why"? {unknown}\n')


def test_two_streams_under_one_cell_are_two_outputs() -> None:
    (cell,) = execute("%stream iter(['one'])\n%stream iter(['two'])")
    texts = [output.data["text/plain"] for output in cell.outputs]
    assert texts == ["one", "two"]


# -- a cell that does not --------------------------------------------------------


def test_background_does_not_wait_and_its_text_arrives_later() -> None:
    stream, _, after, _ = execute(
        "%%stream --background -n late\n"
        "import asyncio\ngo = globals().setdefault('go', asyncio.Event())\n"
        "yield 'before '\nawait go.wait()\nyield 'after'",
        "import asyncio\ngo = globals().setdefault('go', asyncio.Event())",
        "print(late.done)\ngo.set()\n_ = await late\nprint(late.done)",
        "pass",
    )
    assert printed(after) == "False\nTrue\n"
    assert only_text(stream) == "before after"


def test_cancelled_in_the_background_keeps_the_text_so_far(demo: DemoServer) -> None:
    stream, _, after = execute(
        f"%stream {demo}/logs?pace=0.01 --background -n log",
        "async for update in log:\n    if '3 served' in update.message:\n"
        "        log.cancel()",
        "print(log.state)",
    )
    assert printed(after) == "cancelled\n"
    assert only_text(stream).startswith("INFO    request 1 served\nINFO    request 2")
    assert only_text(stream).endswith("[Cancelled]")


# -- from Python -----------------------------------------------------------------


def test_an_awaited_handle_shows_its_text(demo: DemoServer) -> None:
    awaited, shown = execute(
        f"s = nbstream.stream('{demo}/chat?pace=0.01')\nawait s", "s"
    )
    assert only_text(awaited) == only_text(shown) == output_of(f"{demo}/chat")


def test_a_handle_shown_while_it_runs_is_complete_in_the_end(demo: DemoServer) -> None:
    shown, _ = execute(
        f"s = nbstream.stream('{demo}/chat?pace=0.01')\ns", "_ = await s"
    )
    assert only_text(shown) == output_of(f"{demo}/chat")


# -- a stream that fails ---------------------------------------------------------


def test_a_failed_stream_fails_the_run_and_keeps_the_text_so_far(
    demo: DemoServer,
) -> None:
    notebook = notebook_of(f"%stream {demo}/failing?pace=0", "print('not reached')")
    with pytest.raises(CellExecutionError, match="the demo broke"):
        NotebookClient(notebook, timeout=60).execute()
    shown, error = notebook.cells[1].outputs
    assert shown.data["text/plain"].startswith("This will not end well.")
    assert (error.ename, error.evalue) == (
        "StreamFailed",
        "the demo broke, as it was asked to",
    )
    assert len(error.traceback) == 1  # brief: the error is not in the user's lines
    assert notebook.cells[2].execution_count is None


def test_a_body_that_raises_fails_with_its_own_traceback() -> None:
    notebook = notebook_of("%%stream\nyield 'so far'\n1 / 0")
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60).execute()
    shown, error = notebook.cells[1].outputs
    assert shown.data["text/plain"].startswith("so far")
    assert error.ename == "ZeroDivisionError"
    assert "1 / 0" in _COLOUR.sub("", "".join(error.traceback))


def test_with_allow_errors_the_next_cell_runs(demo: DemoServer) -> None:
    notebook = notebook_of(f"%stream {demo}/failing?pace=0 -n job", "print(job.state)")
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    failed, after = notebook.cells[1:]
    shown, error = failed.outputs
    assert shown.data["text/plain"].startswith("This will not end well.")
    assert error.ename == "StreamFailed"
    assert printed(after) == "failed\n"


# -- the tools themselves --------------------------------------------------------


def test_nbconvert_executes_and_converts(demo: DemoServer, tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    nbformat.write(notebook_of(f"%stream {demo}/chat?pace=0.01"), path)

    ran = tool(
        "jupyter", "nbconvert", "--execute", "--to", "notebook", "--inplace", path
    )
    assert ran.returncode == 0, ran.stderr
    expected = output_of(f"{demo}/chat")
    assert only_text(nbformat.read(path, as_version=4).cells[1]) == expected

    # The saved notebook needs no kernel to be read.
    for exporter in (HTMLExporter(), MarkdownExporter()):
        text, _ = exporter.from_filename(str(path))
        assert text.count("and read anywhere.") == 1


def test_papermill_saves_the_text(demo: DemoServer, tmp_path: Path) -> None:
    path, out = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook_of(f"%stream {demo}/chat?pace=0.01"), path)
    ran = tool("papermill", path, out)
    assert ran.returncode == 0, ran.stderr
    saved = nbformat.read(out, as_version=4)
    assert only_text(saved.cells[1]) == output_of(f"{demo}/chat")


def test_papermill_fails_with_the_stream_and_saves(
    demo: DemoServer, tmp_path: Path
) -> None:
    path, out = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook_of(f"%stream {demo}/failing?pace=0"), path)
    ran = tool("papermill", path, out)
    assert ran.returncode != 0
    assert "the demo broke" in ran.stderr
    assert "This will not end well." in out.read_text()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "cell",
    [
        "import papermill\n_ = papermill.execute_notebook('{path}', '{path}', "
        "progress_bar=False, stdout_file=None)",
        "!{python} -m papermill {path} {path}",
        "!{python} -m jupyter nbconvert --execute --to notebook --inplace {path}",
    ],
    ids=["papermill, imported", "papermill", "nbconvert"],
)
async def test_a_tool_that_a_notebook_runs_is_no_notebook(
    demo: DemoServer, tmp_path: Path, cell: str
) -> None:
    """Its kernel inherits the name of the session that a Jupyter server gave to the
    notebook's kernel."""
    path = tmp_path / "run.ipynb"
    nbformat.write(
        notebook_of(f"%stream {demo}/chat?pace=0.01 -n s", "print(s.done)"), path
    )
    async with Kernel(session="work.ipynb") as kernel:
        live = await kernel.printed(
            "import asyncio\nasync def endless():\n    await asyncio.Event().wait()\n"
            "    yield\ns = %stream endless()\nprint(s.done)"
        )
        assert live == "False\n"  # no cell of the notebook itself waits
        await kernel.run(cell.format(path=path, python=sys.executable))
    shown, done = nbformat.read(path, as_version=4).cells[-2:]
    assert only_text(shown) == output_of(f"{demo}/chat")
    assert printed(done) == "True\n"
    assert "widget" not in path.read_text()


def test_strict_nbval_passes_twice_and_notices_a_change(tmp_path: Path) -> None:
    path = tmp_path / "checked.ipynb"
    notebook = notebook_of(
        "import nbstream.demo\ndemo = nbstream.demo.serve()",
        "%stream {demo}/chat?pace=0.01",
        "%stream {demo}/training?pace=0",
        "%%stream\nyield {'type': 'metric', 'name': 'loss', 'step': 1, 'value': 0.5}",
        "s = nbstream.stream(f'{demo}/items?pace=0')\nawait s",
    )
    NotebookClient(notebook, timeout=60).execute()
    nbformat.write(notebook, path)

    def nbval() -> Any:
        return tool("pytest", "--nbval", path, "-p", "no:cacheprovider")

    for _ in range(2):
        ran = nbval()
        assert ran.returncode == 0, ran.stdout
        assert "6 passed" in ran.stdout

    path.write_text(path.read_text().replace("promise", "premise"))
    changed = nbval()
    assert changed.returncode == 1
    assert "1 failed, 5 passed" in changed.stdout


@pytest.mark.parametrize(
    "cell",
    [
        "nbstream.stream('{url}/chat?pace=0.01')",
        "from IPython.display import display\n"
        "display(nbstream.stream('{url}/chat?pace=0.01'))",
        "def follow():\n    %stream {url}/chat?pace=0.01\nfollow()",
        "%unload_ext nbstream\n%reload_ext nbstream\n%stream {url}/chat?pace=0.01",
    ],
    ids=["last expression", "display", "function", "the cell that loads it"],
)
def test_where_nothing_awaits_the_cell_waits_all_the_same(
    demo: DemoServer, cell: str
) -> None:
    """One display, whole, though no later cell gives it time."""
    (ran,) = execute(cell.replace("{url}", demo.url))
    (output,) = [o for o in ran.outputs if o.output_type == "display_data"]
    assert "sent\nand read anywhere." in output.data["text/plain"]
    assert output.metadata.nbstream.state == "finished"


# -- interrupts ------------------------------------------------------------------


def test_an_interrupt_of_a_handle_keeps_what_it_has_received(
    sse_server: StartSSEServer, tmp_path: Path
) -> None:
    """As the last expression of its cell, like one that is awaited."""
    server = sse_server(events("data: so far\n\n", stay=True))
    received = tmp_path / "received"
    os.mkfifo(received)
    notebook = notebook_of(
        f"q = nbstream.stream({server.url!r})\n"
        "def notify():\n"
        "    if q.text:\n"
        "        stop()\n"
        f"        open({str(received)!r}, 'w').close()\n"
        "stop = q.observe(notify)\n"
        "q",
        "print(q.state)",
    )
    client = NotebookClient(notebook, timeout=60)

    def interrupt() -> None:
        received.read_text()
        manager: Any = client.km
        os.kill(manager.provisioner.pid, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt, daemon=True)
    interrupting.start()
    client.execute()
    interrupting.join()
    _, cell, state = notebook.cells
    assert "so far" in only_text(cell)
    assert printed(state) == "cancelled\n"
    server.wait_for(lambda: server.connections[0].left)
