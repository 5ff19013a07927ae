"""Plain IPython in a terminal: the stream prints as it arrives, Ctrl-C cancels it.

Each test types into a real `ipython` and reads its screen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pexpect
import pytest

from nbstream.sse import ServerSentEvent
from nbstream.testing import Connection, StartSSEServer, events, status

pytestmark = pytest.mark.slow

# IPython leaves an empty line before it.
PROMPT = r"(\r\n)?In \[\d+\]: "


class Terminal:
    """IPython behind a pseudo terminal."""

    def __init__(self, home: Path) -> None:
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
            env={
                **os.environ,
                "HOME": str(home),
                "IPYTHONDIR": str(home / "ipython"),
                "TERM": "dumb",
                "PYTHONUNBUFFERED": "1",
            },
            encoding="utf-8",
            timeout=20,
            dimensions=(40, 200),
            echo=False,
        )
        self._child.expect(PROMPT)

    def type(self, *lines: str) -> None:
        """Type a cell; two empty lines end one of several lines, as by hand."""
        for line in lines:
            self._child.sendline(line)
        if len(lines) > 1:
            self._child.send("\n\n")

    def run(self, *lines: str) -> str:
        """Type a cell and return what it left on the screen, up to the prompt."""
        self.type(*lines)
        return self.until_prompt()

    def until_prompt(self) -> str:
        return self.until(PROMPT)

    def until(self, pattern: str) -> str:
        """Wait until the screen shows this; return what it showed before."""
        self._child.expect(pattern)
        # IPython's prompts for further lines of a cell.
        return re.sub(r" *\.\.\.: ", "", self._child.before).replace("\r\n", "\n")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def close(self) -> None:
        self._child.close(force=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path)
    assert started.run("%load_ext nbstream") == ""
    yield started
    started.close()


@pytest.fixture
def without_handlers(terminal: Terminal) -> Terminal:
    """Return a terminal whose event loop has no signal handlers, as on Windows."""
    terminal.run(
        "from asyncio import AbstractEventLoop, SelectorEventLoop",
        "SelectorEventLoop.add_signal_handler = AbstractEventLoop.add_signal_handler",
    )
    return terminal


async def talk(connection: Connection) -> None:
    """Send one word, wait for a signal, then send another and the end."""
    await connection.send('data: {"type":"content","data":"first "}\n\n')
    await connection.wait("go on")
    await connection.send('data: {"type":"content","data":"second"}\n\n')
    await connection.send("data: [DONE]\n\n")


def test_text_is_printed_as_it_comes(
    terminal: Terminal, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    terminal.type(f"%stream {server.url} -n answer")
    assert terminal.until("first ") == ""  # while the server waits for the signal
    server.signal("go on")
    assert terminal.until_prompt() == "second\n"
    assert "('finished', 'first second')" in terminal.run("answer.state, answer.text")


def test_ctrl_c_cancels_and_the_next_stream_works(
    terminal: Terminal, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    terminal.type(f"%stream {server.url} -n answer")
    terminal.until("first ")
    terminal.interrupt()
    assert terminal.until_prompt() == "\n[Cancelled]\n"
    server.wait_for(lambda: server.connections[0].left)
    assert "('cancelled', 'first ')" in terminal.run("answer.state, answer.text")

    server.signal("go on")
    assert terminal.run(f"%stream {server.url}") == "first second\n"


def test_ctrl_c_cancels_where_loops_have_no_signal_handlers(
    without_handlers: Terminal, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    for line in (f"%stream {server.url} -n s", f"%stream --thread {server.url} -n s"):
        connected = len(server.connections)
        without_handlers.type(line)
        without_handlers.until("first ")
        without_handlers.interrupt()
        assert without_handlers.until_prompt() == "\n[Cancelled]\n"
        server.wait_for(lambda: server.connections[connected].left)  # noqa: B023
        assert "('cancelled', 'first ')" in without_handlers.run("s.state, s.text")
    without_handlers.type("import time; print('asleep', flush=True); time.sleep(30)")
    without_handlers.until("asleep")
    without_handlers.interrupt()
    assert "KeyboardInterrupt" in without_handlers.until_prompt()


def test_ctrl_c_cancels_a_stream_that_never_begins(
    terminal: Terminal, sse_server: StartSSEServer
) -> None:
    async def silent(connection: Connection) -> None:
        await connection.stall()

    server = sse_server(silent)
    terminal.type(f"%stream {server.url}")
    server.wait_for(lambda: server.connections)
    terminal.interrupt()
    assert terminal.until_prompt() == "[Cancelled]\n"
    server.wait_for(lambda: server.connections[0].left)


def test_ctrl_c_is_python_s_own_again_after_a_stream(
    terminal: Terminal, sse_server: StartSSEServer
) -> None:
    server = sse_server(
        events(ServerSentEvent(data="hello"), ServerSentEvent(data="[DONE]"))
    )
    terminal.run(f"%stream {server.url}")
    terminal.type("import time; print('asleep', flush=True); time.sleep(30)")
    terminal.until("asleep")
    terminal.interrupt()
    assert "KeyboardInterrupt" in terminal.until_prompt()


def test_a_body_of_python_streams(terminal: Terminal) -> None:
    awaiting = terminal.run(
        "%%stream",
        "import asyncio",
        "for n in range(3):",
        "    yield f'{n} '",
        "    await asyncio.sleep(0.01)",
    )
    assert awaiting == "0 1 2 \n"
    plain = terminal.run(
        "%%stream",
        "yield {'type': 'log', 'level': 'warning', 'message': 'hot'}",
        "yield {'type': 'item', 'data': {'planet': 'Mars'}}",
        "yield 'done'",
    )
    assert plain.startswith("WARNING hot\n")
    assert "Mars" in plain
    assert plain.endswith("\ndone\n")


def test_ctrl_c_closes_a_body(terminal: Terminal) -> None:
    terminal.type(
        "%%stream -n mine",
        "import asyncio",
        "try:",
        "    yield 'begun'",
        "    await asyncio.sleep(30)",
        "finally:",
        "    closed = globals().setdefault('closed', 'yes')",
    )
    terminal.until("begun")
    terminal.interrupt()
    assert "[Cancelled]" in terminal.until_prompt()
    assert "('cancelled', 'begun', 'yes')" in terminal.run(
        "mine.state, mine.text, closed"
    )


def test_streams_lists_what_ran(terminal: Terminal) -> None:
    assert terminal.run("%streams") == "No streams yet.\n"
    terminal.run("%stream iter(['a', 'b']) -n letters")
    head, row, *_ = terminal.run("%streams").splitlines()
    assert head.split() == ["name", "state", "age", "events", "bytes", "source"]
    assert row.split()[:2] == ["letters", "finished"]
    assert "iter(['a', 'b'])" in row
    assert terminal.run("%streams show letters") == "ab\n"


def test_an_error_is_brief(terminal: Terminal, sse_server: StartSSEServer) -> None:
    server = sse_server(status(404, '{"error": {"message": "no such model"}}'))
    shown = terminal.run(f"%stream {server.url}")
    assert "404" in shown
    assert "no such model" in shown
    assert "Traceback" not in shown
    assert "nbstream/" not in shown  # no traceback of the package
    assert len(shown.strip().splitlines()) <= 3

    usage = terminal.run("%stream --colour red")
    assert usage.startswith("UsageError: ")
    assert "usage: %stream" in usage
    assert "Traceback" not in usage


def test_a_failed_stream_keeps_what_was_printed(
    terminal: Terminal, sse_server: StartSSEServer
) -> None:
    server = sse_server(
        events(
            ServerSentEvent(data="so far"),
            ServerSentEvent(data='{"type": "error", "message": "out of memory"}'),
        )
    )
    shown = terminal.run(f"%stream {server.url} -n job")
    assert shown.startswith("so far\n")
    assert "StreamFailed: out of memory" in shown
    assert "Traceback" not in shown
    assert "('failed', 'so far')" in terminal.run("job.state, job.text")


def test_a_body_that_raises_shows_its_own_line(terminal: Terminal) -> None:
    shown = terminal.run("%%stream", "yield 'so far'", "1 / 0")
    assert shown.startswith("so far\n")
    assert "1 / 0" in shown
    assert "ZeroDivisionError" in shown


def test_control_characters_do_not_reach_the_terminal(terminal: Terminal) -> None:
    shown = terminal.run(r"%stream iter(['a\x1b]0;title\x07\x1b[2Jb'])")
    assert shown == "a]0;title[2Jb\n"


def test_background_is_refused(terminal: Terminal) -> None:
    shown = terminal.run("%stream --background iter(['a'])")
    assert "--background needs a notebook" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("name", ["script.ipy", "script.ipynb"])
def test_a_script_prints_its_streams_in_order(
    tmp_path: Path, sse_server: StartSSEServer, name: str
) -> None:
    """Into a pipe, and without a prompt: each cell waits for its stream."""
    server = sse_server(
        events(ServerSentEvent(data="hello"), ServerSentEvent(data="[DONE]"))
    )
    cells = ["%load_ext nbstream", f"%stream {server.url} -n s", "print(s.state)"]
    script = tmp_path / name
    if name.endswith(".ipynb"):
        nbformat.write(
            nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
            ),
            script,
        )
    else:
        script.write_text("\n".join(cells))
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", script],
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert ran.stdout == "hello\nfinished\n"
    assert ran.returncode == 0
