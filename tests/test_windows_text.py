"""Text of and for Windows: paths in messages and on a line, marks in files, consoles
without UTF-8."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream.display.terminal import TerminalView
from nbstream.magics.line.words import split
from nbstream.testing import StartSSEServer, events
from nbstream.text.paths import shorten_path, shorten_paths
from nbstream.updates import Progress, Text

from .ipython_shell import Shell

HOME = r"C:\Users\Joe Doe"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.setenv("USERPROFILE", HOME)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (rf'File "{HOME}\train.py", line 3', r'File "~\train.py", line 3'),
        # What an OSError says is the repr of a path.
        (f"No such file: {HOME + chr(92) + 'a.csv'!r}", r"No such file: '~\\a.csv'"),
        ("c:/users/joe doe/a.csv", "~/a.csv"),
        (rf"{HOME}\AppData\Local\Temp\ipykernel_1\2.py:3", "<cell>:3"),
        (rf"{HOME}ward\a.csv", rf"{HOME}ward\a.csv"),
        (r"D:\data\a.csv", r"D:\data\a.csv"),
    ],
)
@pytest.mark.usefixtures("home")
def test_the_home_directory_is_found_in_every_form(text: str, shown: str) -> None:
    assert shorten_paths(text) == shown


@pytest.mark.usefixtures("home")
def test_an_absolute_path_is_shown_by_its_name() -> None:
    shown = {
        rf"{HOME}\runs\x.jsonl": r"~\runs\x.jsonl",
        r"D:\of-joe\x.jsonl": "…/x.jsonl",
        "D:/of-joe/x.jsonl": "…/x.jsonl",
        r"\\server\of-joe\x.jsonl": "…/x.jsonl",
        r"runs\x.jsonl": r"runs\x.jsonl",
    }
    assert {path: shorten_path(path) for path in shown} == shown


@pytest.mark.parametrize(
    "word",
    [
        r"C:\runs\new.jsonl",
        r"replay:C:\runs\_x.jsonl",
        r"\\server\share\x.jsonl",
        r"replay:\\server\share\x.jsonl",
        r"@\\server\x",
        r"--record=\\pc-1\c$\x",
    ],
)
def test_a_path_on_a_line_keeps_its_backslashes(word: str) -> None:
    assert split(f"-n s {word} -q") == ["-n", "s", word, "-q"]


def test_a_recording_on_a_drive_is_replayed(shell: Shell, tmp_path: Path) -> None:
    """Here a file of that name stands for it."""
    os.chdir(tmp_path)
    shell.run(r"%stream ['all of it'] --record C:\runs\x.jsonl")
    assert (tmp_path / r"C:\runs\x.jsonl").is_file()
    assert "all of it" in shell.run(r"%stream replay:C:\runs\x.jsonl --speed instant")


def test_the_mark_that_an_editor_puts_before_a_text_is_not_sent(
    shell: Shell, sse_server: StartSSEServer, tmp_path: Path
) -> None:
    """As Windows' own editor and shell do, and JSON forbids."""
    (tmp_path / "body.json").write_text('{"a": "é"}', "utf-8-sig")
    server = sse_server(events("data: one\n\n"))
    shell.run(f"%stream {server.url} --json @{tmp_path / 'body.json'}")
    assert server.requests[0].body == '{"a": "é"}'.encode()


# -- consoles --------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_what_a_console_cannot_encode_is_a_question_mark(encoding: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    view = TerminalView(out)
    view.write(Text("plain → 漢 "))
    view.write(Progress("épochs", 1, 2))
    view.write(Text("end"))
    view.end()
    assert raw.getvalue().startswith(b"plain ? ? ")
    assert raw.getvalue().endswith(b"end\n")


@pytest.mark.slow
def test_a_stream_is_printed_whole_to_a_pipe_in_another_code_page() -> None:
    """As `ipython script.ipy | more` in Windows."""
    cells = "%load_ext nbstream\n%stream ['one → 漢', ' two'] -n s\ns\n%streams"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--quick", "--colors=NoColor", "-c", cells],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp437", "PYTHONUTF8": "0"},
    )
    printed = done.stdout.decode("cp437")
    assert "one ? ? two" in printed
    assert "Error" not in printed + done.stderr.decode("cp437")
