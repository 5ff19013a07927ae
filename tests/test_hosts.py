"""Hosts: how they are detected, and that a new one is a file and a row."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import nbstream
from nbstream.display.streams_table import COLUMNS
from nbstream.notebook import hosts
from nbstream.notebook.cells.requests import CellRequests
from nbstream.notebook.hosts import Host, Surroundings, detect_host
from nbstream.notebook.outputs.displays import Displayed, DisplayedById
from nbstream.notebook.presenter import Presenter
from nbstream.notebook.shown import Shown
from nbstream.notebook.waiting import Waiting

from . import panel_job
from .ipython_shell import Shell
from .kernel import Kernel

recorded = panel_job.recorded
COLAB = frozenset({"google.colab"})


def kernel(**signs: Any) -> Surroundings:
    return Surroundings(has_kernel=True, **signs)


@pytest.mark.parametrize(
    ("here", "name"),
    [
        (Surroundings(has_kernel=False), "terminal"),
        (Surroundings(has_kernel=False, is_timed=True), "terminal"),
        # nbclient names no cell and takes no input, and neither does Voilà …
        (kernel(), "headless"),
        (kernel(environment={"SERVER_SOFTWARE": "voila/0.5.13"}), "voila"),
        (kernel(environment={"VOILA_BASE_URL": "/"}), "voila"),
        (kernel(environment={"SERVER_SOFTWARE": "nginx"}), "headless"),
        # … nor a server that runs the cells of a notebook itself.
        (kernel(in_session=True), "server-side"),
        (kernel(in_session=True, has_request=False), "page"),
        (kernel(cell="a"), "page"),
        (kernel(in_session=True, cell="a"), "page"),
        (kernel(in_session=True, takes_input=True), "page"),
        (kernel(has_page=True), "page"),
        (kernel(takes_input=True), "console"),
        (kernel(cell="a", is_captured=True), "captured"),
        (kernel(cell="a", is_timed=True), "captured"),
        (kernel(modules=COLAB), "colab"),
        (kernel(modules=COLAB, takes_input=True, is_captured=True), "captured"),
        (kernel(has_threads=False), "lite"),
        (kernel(environment={"NBSTREAM_HEADLESS_UPDATES": "1"}), "headless-updates"),
        (kernel(environment={"NBSTREAM_HEADLESS_UPDATES": "0"}), "headless"),
    ],
)
def test_each_is_detected_by_its_signs(here: Surroundings, name: str) -> None:
    assert detect_host(here).name == name


def test_a_setting_goes_before_all_signs() -> None:
    named = {"NBSTREAM_HOST": "page"}
    assert detect_host(kernel(environment=named)).name == "page"
    assert detect_host(kernel(environment=named), "voila").name == "voila"
    assert detect_host(kernel(environment={"NBSTREAM_HOST": ""})).name == "headless"
    # It is for kernels: a terminal in the same environment has no page to draw in.
    terminal = Surroundings(has_kernel=False, environment=named)
    assert detect_host(terminal).name == "terminal"
    # What %%capture keeps is no panel, wherever that is.
    assert detect_host(kernel(is_captured=True), "page").name == "captured"


def test_a_wrong_setting_is_named_with_what_may_stand_there() -> None:
    with pytest.raises(ValueError, match=r"NBSTREAM_HOST.*auto, voila, .*'lab'"):
        detect_host(kernel(environment={"NBSTREAM_HOST": "lab"}))


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("terminal", True),
        ("headless", True),
        ("console", True),
        ("colab", True),
        ("server-side", True),
        ("voila", False),
        ("page", False),
    ],
)
def test_a_cell_waits_where_nothing_is_shown_after_it(name: str, waits: bool) -> None:
    (host,) = [host for host in hosts.HOSTS if host.name == name]
    assert host.waits is waits


class Board:
    """A host whose capabilities a test sets."""

    name = "board"
    table_columns = COLUMNS

    def __init__(self, **answers: bool) -> None:
        self.displays = answers.get("displays", True)
        self.draws_panels = answers.get("draws_panels", False)
        self.shows_while_running = answers.get("shows_while_running", False)
        self.updates_outputs_after_cell = answers.get(
            "updates_outputs_after_cell", False
        )
        self.runs_between_cells = answers.get("runs_between_cells", True)
        self.has_threads = answers.get("has_threads", True)
        self.waits = answers.get("waits", True)
        self.sent: list[dict[str, Any]] = []
        self.followed: list[str] = []
        self.interrupt: Callable[[], None] | None = None

    def is_detected(self, here: Surroundings) -> bool:
        return True

    def display(self, data: dict[str, Any], metadata: dict[str, Any]) -> Displayed:
        return DisplayedById(data, metadata)

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return self.sent.append

    @contextlib.contextmanager
    def call_on_interrupt(self, call: Callable[[], None]) -> Iterator[None]:
        self.interrupt = call
        yield
        self.interrupt = None

    async def print_stream(self, stream: nbstream.Stream) -> None:
        self.followed.append(stream.name)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Board]:
    """Add a row to the hosts, before all others."""

    def install_(**answers: bool) -> Board:
        board = Board(**answers)
        row: Host = board  # it implements the whole protocol
        monkeypatch.setattr(hosts, "HOSTS", (row, *hosts.HOSTS))
        return board

    return install_


def test_one_row_makes_a_host(shell: Shell, install: Callable[..., Board]) -> None:
    """A shell without a kernel prints; this host displays, so it gets one output with
    all of it when the stream has ended."""
    install()
    assert shell.run("%%capture out\n%stream ['all ', 'of it']") == ""
    (output,) = shell["out"].outputs
    assert output.data["text/plain"] == "all of it"
    assert "text/html" in output.data


def test_a_host_that_prints_follows_the_stream_itself(
    shell: Shell, install: Callable[..., Board]
) -> None:
    board = install(displays=False, shows_while_running=True)
    assert shell.run("%stream ['a'] -n s") == ""
    assert board.followed == ["s"]


@pytest.mark.parametrize("runs_between_cells", [True, False])
def test_a_background_stream_needs_a_loop_between_cells(
    shell: Shell, install: Callable[..., Board], runs_between_cells: bool
) -> None:
    install(runs_between_cells=runs_between_cells)
    refused = "--background needs a notebook" in shell.run("%stream [] --background")
    assert refused is not runs_between_cells


def test_a_cell_waits_if_its_host_requires_it(
    shell: Shell, install: Callable[..., Board]
) -> None:
    endless = "import asyncio\nasync def endless():\n    await asyncio.sleep(3600)\n"
    shell.run(endless + "    yield 1")
    install(waits=False)
    shell.run("%stream endless() -n s")
    assert not shell["s"].done
    install(waits=True)
    shell.run("%stream ['a'] -n t")
    assert shell["t"].done


def test_a_host_without_threads_is_named(
    shell: Shell, install: Callable[..., Board]
) -> None:
    install(has_threads=False)
    shell.run("import nbstream")
    printed = shell.run("nbstream.stream(['a'], thread=True)")
    assert "Expected a host with threads, got board" in printed
    assert shell.run("%streams").count("\n") == 1


def test_python_streams_run_in_a_thread_where_outputs_end_with_the_cell(
    shell: Shell, install: Callable[..., Board]
) -> None:
    """As the last value of a cell that holds no loop, it ends after the cell."""
    shell.run("import nbstream")
    for updates_outputs_after_cell in (False, True):
        install(updates_outputs_after_cell=updates_outputs_after_cell)
        shell.run("s = nbstream.stream(['a'])")
        assert (shell["s"].loop is None) is updates_outputs_after_cell


@pytest.mark.anyio
async def test_panels_send_as_the_host_does(
    shell: Shell, install: Callable[..., Board]
) -> None:
    page = ["draws_panels", "shows_while_running", "updates_outputs_after_cell"]
    board = install(**dict.fromkeys(page, True))
    stream = nbstream.stream(["all of it"])
    requests = CellRequests(shell.ip, lambda: False)
    presenter = Presenter(requests, lambda: [stream], remembered=1)
    presenter.show(stream)
    await stream
    kinds = [message["type"] for message in board.sent]
    assert kinds[-1] == "frozen" and "frame" in kinds
    assert "all of it" in str(board.sent)
    presenter.close([])


@pytest.mark.anyio
async def test_a_wrong_setting_fails_the_load_and_leaves_no_hook() -> None:
    wrong = {"NBSTREAM_HOST": "lab"}
    async with Kernel(load=False, environment=wrong) as kernel:
        (error,) = await kernel.run("%load_ext nbstream")
        assert error["evalue"].startswith("Expected NBSTREAM_HOST to be one of auto")
        assert await kernel.run("print(1)") == [{"name": "stdout", "text": "1\n"}]


@pytest.mark.anyio
async def test_outputs_of_one_cell_survive_where_the_cell_is_cleared() -> None:
    """Some servers add an output for each update, so all are displayed again."""
    server_side = {"NBSTREAM_HOST": "server-side"}
    async with Kernel(environment=server_side) as kernel:
        outputs = await kernel.run(
            "import time, nbstream\n"
            "def slow(word, seconds):\n    time.sleep(seconds)\n    yield word\n"
            "a = nbstream.stream(slow('first', 0.2))\n"
            "b = nbstream.stream(slow('second', 0.4))\n"
            "display(b)\ndisplay(a)"
        )
        left = [output["data"]["text/plain"] for output in outputs]
        assert left == ["second", "first"]


@pytest.mark.anyio
async def test_colab_waits_and_is_sent_to_in_the_name_of_the_cell() -> None:
    """It looks at widgets only while their cell runs."""
    async with Kernel() as kernel:
        await kernel.run("import sys\nsys.modules['google.colab'] = sys")
        text = await kernel.printed("s = %stream ['a']\nprint(s.state, s.text)")
        assert text == "finished a\n"
        sent = [m for m in kernel.comm_messages if "frame" in str(m["content"])]
        assert sent
        assert all(message["parent_header"].get("msg_id") for message in sent)


@pytest.mark.anyio
async def test_an_interrupt_cancels_what_the_cell_waits_for(
    caplog: pytest.LogCaptureFixture, shell: Shell, install: Callable[..., Board]
) -> None:
    async def endless() -> AsyncIterator[str]:
        yield "kept"
        await asyncio.Event().wait()

    shown: list[Shown] = []
    board = install()
    stream = nbstream.stream(endless())
    waiting = Waiting(CellRequests(shell.ip, lambda: False), shown.append)
    cell = asyncio.create_task(waiting.show_and_wait(stream))
    while not stream.text:
        await asyncio.sleep(0)
    assert shown == [], "a host that shows nothing meanwhile gets it when it is whole"
    assert board.interrupt is not None
    with caplog.at_level(logging.WARNING, "nbstream"):
        board.interrupt()
        await cell
    assert (stream.state, stream.text, shown) == ("cancelled", "kept", [stream])
    assert caplog.records == []
    assert board.interrupt is None
