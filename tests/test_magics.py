"""The magics in a real IPython shell, against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import nbstream
from nbstream.notebook.session import Session

from .channel_server import Source
from .ipython_shell import Shell


@pytest.fixture
def source() -> Iterator[Source]:
    server = Source()
    yield server
    server.close()


def test_get(shell: Shell, source: Source) -> None:
    source.text("/s", "all ", "of it")
    source.end("/s")
    assert shell.run(f"%stream -n s {source.url}/s") == "all of it\n"
    assert shell["s"].state == "finished"
    (request,) = source.requests("/s")
    assert request["method"] == "GET"
    assert request["headers"]["accept"] == "text/event-stream"


@pytest.mark.parametrize(
    ("cell", "method", "content_type", "body"),
    [
        ('%%stream {url}\n{"q": "{name}"}', "POST", "application/json", '{"q": "Ada"}'),
        (
            "%%stream {url}\nHello {name}",
            "POST",
            "text/plain; charset=utf-8",
            "Hello Ada",
        ),
        (
            "%stream {url} -d a=1 -d b={name}",
            "POST",
            "application/x-www-form-urlencoded",
            "a=1&b=Ada",
        ),
        ('%stream {url} --json {"n":1}', "POST", "application/json", '{"n": 1}'),
        ("%stream {url} -X PUT -d x", "PUT", "application/x-www-form-urlencoded", "x"),
        ("%stream {url} -H 'Content-Type: a/b' -d x", "POST", "a/b", "x"),
        ("%stream {url} -d @{file}", "POST", "application/x-www-form-urlencoded", "z"),
        ("%%stream {url}\n\n", "GET", None, ""),
    ],
)
def test_what_is_sent(
    shell: Shell,
    source: Source,
    tmp_path: Path,
    cell: str,
    method: str,
    content_type: str | None,
    body: str,
) -> None:
    """As curl has it, and a body is JSON if it parses as such."""
    (tmp_path / "file").write_text("z")
    shell.ip.user_ns |= {
        "name": "Ada",
        "url": f"{source.url}/s",
        "file": tmp_path / "file",
    }
    source.end("/s")
    shell.run(cell)
    (request,) = source.requests("/s")
    assert request["method"] == method
    assert request["headers"].get("content-type") == content_type
    sent, expected = request["body"], body
    if content_type == "application/json":
        sent, expected = json.loads(sent), json.loads(body)
    assert sent == expected


def test_headers_take_names_and_keep_them_secret(shell: Shell, source: Source) -> None:
    shell.ip.user_ns["key"] = "sk-very-secret"
    source.end("/s")
    shell.run(f"%stream -n s {source.url}/s -H 'X-Key: {{key}}' -H 'X-Not: {{unset}}'")
    (request,) = source.requests("/s")
    assert request["headers"]["x-key"] == "sk-very-secret"
    assert request["headers"]["x-not"] == "{unset}"
    assert "secret" not in repr(shell["s"])


def test_a_url_with_names_is_shown_as_typed(shell: Shell, source: Source) -> None:
    """So a secret in a variable stays out of outputs."""
    shell.ip.user_ns |= {"base": source.url, "token": "sk-very-secret"}
    source.end("/s")
    shell.run("%stream -n s {base}/s?x={token}")
    assert shell["s"].label == "{base}/s?x={token}"
    assert source.requests("/s")


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        ("yield 'a '\nyield 'b'", "a b\n"),
        ("import asyncio\nawait asyncio.sleep(0)\nyield 'awaited'", "awaited\n"),
        ("for i in range(given):\n    yield str(i)", "012\n"),
        ("yield {'type': 'log', 'message': 'up'}", "up\n"),
        ("yield {'loss': 0.5}", '{"loss": 0.5}\n'),
        ("yield {'type': 'progress', 'current': 1, 'total': 4}", "25 %, 1 of 4\n"),
        ("yield '''two\n  lines'''", "two\n  lines\n"),
        ("async def f():\n    await x\nyield 'plain'", "plain\n"),
        ("xs = %sx echo magic\nyield xs[0]", "magic\n"),
    ],
)
def test_a_python_body(shell: Shell, body: str, printed: str) -> None:
    shell.ip.user_ns["given"] = 3
    assert shell.run(f"%%stream\n{body}") == printed


def test_a_body_that_raises(shell: Shell) -> None:
    """Its traceback, with its own line, and what was yielded before."""
    printed = shell.run("%%stream -n s\nyield 'kept'\nraise KeyError('gone')")
    assert printed.startswith("kept\n")
    assert "raise KeyError('gone')" in printed
    assert shell["s"].text == "kept"


def test_expressions(shell: Shell) -> None:
    """Any iterator of the namespace, spaces and quotes and all."""
    shell.run("def words(n, end):\n    yield from ['w'] * n\n    yield end")
    assert shell.run("%stream words(2, 'the end')") == "wwthe end\n"
    assert shell.run("%stream ['a', 'b'] ") == "ab\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%stream", "Expected a source"),
        ("%stream --bogus x", "unrecognized arguments: --bogus"),
        ("%stream nothing_here", "name 'nothing_here' is not defined"),
        ("%stream 1 +", "Expected a URL such as"),
        ("%stream 42", "Expected a URL, an iterator"),
        ("%stream http://h -H nocolon", "without a colon"),
        ("%stream http://h -d a --json b", "Expected one body"),
        ("%stream http://h -d @/no/such/file", "Expected a file to send"),
        ("%stream [] -X POST", "Only a URL takes these: method"),
        ("%%stream []\nbody", "A body is sent to a URL"),
        ("%%stream\n1 + 1", "Expected a `yield`"),
        ("%%stream\nyield (", "In the body of the cell"),
        ("%stream --wait --background []", "not allowed with argument"),
        ("%stream [] --background", "--background needs a notebook"),
        ("%streams cancel", "Expected a stream's name"),
        ("%streams cancel nobody", "got nobody"),
        ("%streams dance", "invalid choice"),
        ("%stream [] -n for", "Expected a variable's name after -n"),
        ("%stream http://h/x | cat", "Expected one source"),
        ("%stream ftp://h/x", "expected a URL like https://host/path"),
        ("%stream http://[::1/x", "is not a URL"),
        ("%stream http:///x", "expected a URL like https://host/path"),
    ],
)
def test_mistakes_are_reported_on_one_screen(
    shell: Shell, cell: str, expected: str
) -> None:
    printed = shell.run(cell)
    assert expected in printed
    assert printed.count("\n") < 25
    assert "argparse" not in printed


def test_an_unknown_option_shows_the_usage(shell: Shell) -> None:
    assert "usage: %stream [--help] [-n VAR]" in shell.run("%stream --bogus x")


def test_the_options_are_explained(shell: Shell) -> None:
    for cell in (
        "%stream --help",
        "print(get_ipython().magics_manager.magics['line']['stream'].__doc__)",
    ):
        printed = shell.run(cell)
        assert "--record FILE" in printed
        assert "write each event to FILE" in printed
        assert "%%stream https://host/chat" in printed
        assert "--field PATH" in printed
        assert "--header-from FUNCTION" in printed
        assert "connect again whenever the server ends the stream" in printed


@pytest.mark.parametrize(
    "cell",
    [
        "def follow():\n    %stream ['in a function']\nfollow()",
        "%load_ext nbstream\n%stream ['in a function']",
    ],
)
def test_a_magic_that_cannot_be_awaited_waits_by_itself(
    shell: Shell, cell: str
) -> None:
    """In a function, and in the very cell that loads the extension."""
    if "load_ext" in cell:
        shell.ip.run_line_magic("unload_ext", "nbstream")
    assert shell.run(f"{cell}\nprint('then on')") == "in a function\nthen on\n"


def test_a_failure_there_is_raised(shell: Shell) -> None:
    printed = shell.run(
        "def follow():\n    %stream http://127.0.0.1:1/x --retries 0\n"
        "follow()\nprint('then on')"
    )
    assert "the connection was refused" in printed
    assert "then on" not in printed


def test_waiting_for_others_cannot_be_in_a_function(shell: Shell) -> None:
    printed = shell.run("def f():\n    %streams wait all\nf()")
    assert "%streams wait can only stand in a cell of its own" in printed


def test_the_list(shell: Shell) -> None:
    assert shell.run("%streams") == "No streams yet.\n"
    shell.run("%stream -n mine ['a', 'b']")
    lines = shell.run("%streams").splitlines()
    assert lines[0].split() == ["name", "state", "age", "events", "bytes", "source"]
    assert lines[1].split()[:2] == ["mine", "finished"]


def test_a_waiting_magic_may_be_anywhere_in_a_cell(shell: Shell) -> None:
    """Before other lines, indented, and next to other text of the same shape."""
    printed = shell.run(
        "for word in ('a', 'b'):\n"
        "    %stream [word]\n"
        "s = '''\n%stream ['never']\n'''\n"
        "print('é', 'after')"
    )
    assert printed == "a\nb\né after\n"


def test_unloading_leaves_the_shell_as_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = Shell(capsys)
    before = Session.of(shell.ip)
    shell.ip.run_line_magic("unload_ext", "nbstream")
    assert shell.ip.input_transformers_post == []
    assert "stream" not in shell.ip.magics_manager.magics["line"]
    shell.ip.run_line_magic("load_ext", "nbstream")
    assert Session.of(shell.ip) is not before
    assert shell.run("%stream ['again']") == "again\n"
    shell.ip.run_line_magic("unload_ext", "nbstream")
    InteractiveShell.clear_instance()


def test_configuration_lists_every_default(shell: Shell) -> None:
    printed = shell.run("%config StreamMagics")
    for name in ("wait", "dialect", "retries", "idle_timeout", "follow"):
        assert f"StreamMagics.{name}" in printed


def test_from_python(shell: Shell) -> None:
    shell.ip.user_ns["nbstream"] = nbstream
    printed = shell.run("s = nbstream.stream(['by ', 'hand'])\nawait s\nprint(s.text)")
    assert printed == "by hand\n"


def test_record_and_replay(shell: Shell, source: Source, tmp_path: Path) -> None:
    shell.ip.user_ns["file"] = tmp_path / "run.sse.jsonl"
    source.text("/s", "kept ", "and played")
    source.end("/s")
    shell.run(f"%stream {source.url}/s --record {{file}}")
    assert shell.run("%stream replay:{file} --speed instant") == "kept and played\n"
    assert "Expected a speed" in shell.run("%stream replay:{file} --speed 0")
    assert "invalid speed value" in shell.run("%stream replay:{file} --speed quick")


def test_view(shell: Shell, source: Source) -> None:
    """`--view` shows the same events as what the user wants to see."""
    source.send("/s", {"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25})
    source.end("/s")
    printed = shell.run(f"%stream {source.url}/s --view chart")
    assert printed == "loss = 0.5 (step 1)\nloss = 0.25 (step 2)\n"
    assert "--view" in shell.run(f"%stream {source.url}/s --view pie")
