"""Streams in scripts without an event loop: `run()`, and the warning without it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import nbstream
from nbstream.testing import Connection, StartSSEServer

from .ipython_shell import PACKAGE, Shell

NEVER = "was never started"


def script_of(tmp_path: Path, *lines: str) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text("\n".join(["import nbstream", *lines]))
    return [sys.executable, str(path)]


def run_script(tmp_path: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        script_of(tmp_path, *lines), capture_output=True, text=True, timeout=50
    )


# -- run -------------------------------------------------------------------------


def test_run_follows_to_the_end_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = nbstream.stream(["a", "b"])
    assert stream.run() is stream
    assert (stream.state, stream.text) == ("finished", "ab")
    assert stream.run().text == "ab"  # again: it has ended
    assert capsys.readouterr() == ("", "")


def test_run_raises_what_made_it_fail() -> None:
    def failing() -> object:
        yield "so far"
        raise ZeroDivisionError

    stream = nbstream.stream(failing())
    with pytest.raises(ZeroDivisionError) as raised:
        stream.run()
    assert (stream.state, stream.text) == ("failed", "so far")
    assert PACKAGE not in str([entry.path for entry in raised.traceback])


@pytest.mark.anyio
async def test_where_a_loop_runs_the_error_says_to_await() -> None:
    stream = nbstream.stream(["a"])
    for shown in (stream, nbstream.Comparison([])):
        with pytest.raises(RuntimeError, match="write `await` before"):
            shown.run()
    assert (await stream).state == "finished"


def test_one_that_a_paused_loop_has_started_is_not_waited_for(
    vendor_server: object,
) -> None:
    vendor_server()  # type: ignore[operator]

    async def start() -> nbstream.Comparison:
        return nbstream.Comparison([nbstream.ask("claude:a", "Hello")])

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        both = loop.run_until_complete(start())
        for shown in (both, both[0]):
            with pytest.raises(RuntimeError, match="whose loop is paused"):
                shown.run()
        both.cancel()
        loop.run_until_complete(both)


@pytest.mark.slow
def test_an_interrupt_closes_the_connection_and_keeps_the_text(
    sse_server: StartSSEServer, tmp_path: Path
) -> None:
    async def endless(connection: Connection) -> None:
        await connection.send("data: so far\n\n")
        await connection.stall()

    server = sse_server(endless)
    script = script_of(
        tmp_path,
        f"s = nbstream.stream({server.url!r}, follow=True)",
        "s.observe(lambda: print(s.text, flush=True))",
        "try:",
        "    s.run()",
        "except KeyboardInterrupt:",
        "    print(s.state, s.text)",
    )
    with subprocess.Popen(
        script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        while "so far" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.stdout.readlines()[-1] == "cancelled so far\n"
        assert process.stderr.read() == ""
    server.wait_for(lambda: server.connections[0].left)


def test_answers_side_by_side_run_at_the_same_time(vendor_server: object) -> None:
    vendor_server()  # type: ignore[operator]
    models = ("claude:a", "openai:b")
    both = nbstream.Comparison([nbstream.ask(model, "Hello") for model in models])
    assert both.run() is both
    assert [(s.state, s.text) for s in both] == [("finished", "Fine.")] * 2


# -- without it ------------------------------------------------------------------


@pytest.mark.slow
def test_a_script_that_starts_nothing_is_warned_at_its_line(tmp_path: Path) -> None:
    ran = run_script(tmp_path, "s = nbstream.stream('http://127.0.0.1:9/')", "print(1)")
    assert (ran.returncode, ran.stdout) == (0, "1\n")
    warning, line = ran.stderr.splitlines()
    assert "script.py:2: RuntimeWarning: The stream s1 of http://127.0.0.1:9" in warning
    assert NEVER in warning and "`.run()`" in warning
    assert line.strip() == "s = nbstream.stream('http://127.0.0.1:9/')"


def test_a_handle_that_is_dropped_is_warned_of() -> None:
    with pytest.warns(RuntimeWarning, match=NEVER) as caught:
        nbstream.stream(["a"], name="dropped")
        gc.collect()
    assert caught[0].filename == __file__


@pytest.mark.parametrize("how", ["run", "cancel"])
def test_a_stream_that_was_handled_is_not_warned_of(how: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(nbstream.stream(["a"]), how)()
        gc.collect()


@pytest.mark.anyio
async def test_a_stream_that_a_loop_starts_later_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await nbstream.stream(["a"])
        gc.collect()


def test_in_a_terminal_a_stream_waits_for_its_first_await(shell: Shell) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shell.run("import nbstream\ns = nbstream.stream(['a'])\ndel s")
        gc.collect()
        shell.run("s = nbstream.stream(['a'])")
        assert shell.run("await s\nprint(s.state)").endswith("finished\n")
