"""A console with a kernel: `jupyter console`, where a stream is printed while its cell
waits, and `jupyter run`.

Each test types into a real console and reads its screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from nbstream.testing import Connection, StartSSEServer, status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

PROMPT = r"\r\nIn \[\d+\]: "


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # its warning is printed at any time
        "TERM": "dumb",
    }


def spawn(home: Path, *command: str) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable,
        ["-m", "jupyter", *command],
        env=environment(home),
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 200),
        echo=False,
    )


class Console:
    """`jupyter console` behind a pseudo terminal."""

    def __init__(self, home: Path) -> None:
        self._child = spawn(home, "console", "--simple-prompt")
        self._child.expect(PROMPT)

    def type(self, line: str) -> None:
        self._child.sendline(line)

    def run(self, line: str) -> str:
        """Type a cell and return what it left on the screen, up to the prompt."""
        self.type(line)
        return self.until(PROMPT)

    def until(self, pattern: str) -> str:
        """Wait until the screen shows this; return what it showed before."""
        self._child.expect(pattern)
        return str(self._child.before).replace("\r\n", "\n").strip()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def close(self) -> None:
        self.type("exit")
        self._child.expect(pexpect.EOF)
        self._child.close()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    started = Console(tmp_path)
    assert started.run("%load_ext nbstream") == ""
    yield started
    started.close()


async def talk(connection: Connection) -> None:
    """Send one word, wait for a signal, then send another and the end."""
    await connection.send('data: {"type":"content","data":"first "}\n\n')
    await connection.wait("go on")
    await connection.send('data: {"type":"content","data":"second"}\n\n')
    await connection.send("data: [DONE]\n\n")


def test_text_is_printed_while_the_cell_waits(
    console: Console, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    console.type(f"%stream {server.url} -n answer")
    assert console.until("first ") == ""  # while the server waits for the signal
    server.signal("go on")
    assert console.until(PROMPT) == "second"
    shown = console.run("print(answer.state, repr(answer.text))")
    assert shown == "finished 'first second'"


def test_ctrl_c_cancels_and_the_next_stream_works(
    console: Console, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    console.type(f"%stream {server.url} -n answer")
    console.until("first ")
    console.interrupt()
    assert console.until(PROMPT) == "[Cancelled]"
    server.wait_for(lambda: server.connections[0].left)
    shown = console.run("print(answer.state, repr(answer.text))")
    assert shown == "cancelled 'first '"

    server.signal("go on")
    assert console.run(f"%stream {server.url}") == "first second"


def test_a_handle_as_the_last_value_is_printed_live(
    console: Console, sse_server: StartSSEServer
) -> None:
    server = sse_server(talk)
    console.type(f"import nbstream; answer = nbstream.stream('{server.url}'); answer")
    assert console.until("first ") == ""
    console.interrupt()
    assert console.until(PROMPT) == "[Cancelled]"
    server.wait_for(lambda: server.connections[0].left)
    assert console.run("print(answer.state)") == "cancelled"

    console.type(f"nbstream.stream('{server.url}')")
    assert console.until("first ") == ""
    server.signal("go on")
    assert console.until(PROMPT) == "second"


def test_a_failed_handle_as_the_last_value_shows_a_brief_error(
    console: Console, sse_server: StartSSEServer
) -> None:
    server = sse_server(status(404, '{"error": {"message": "no such model"}}'))
    shown = console.run(f"import nbstream; nbstream.stream('{server.url}')")
    assert "no such model" in shown
    assert "Traceback" not in shown
    assert console.run("print('alive')") == "alive"


def test_jupyter_run_prints_the_stream(
    tmp_path: Path, sse_server: StartSSEServer
) -> None:
    """It takes no other cell after the script, so what is not printed is lost."""
    server = sse_server(talk)
    script = tmp_path / "script.py"
    script.write_text(
        f"%load_ext nbstream\n%stream {server.url} -n answer\nprint(answer.state)\n"
    )
    child = spawn(tmp_path, "run", str(script))
    child.expect("first ")  # while the server waits for the signal
    server.signal("go on")
    child.expect(pexpect.EOF)
    assert child.before.replace("\r\n", "\n").strip() == "second\nfinished"
    child.close()
    assert child.exitstatus == 0
