"""A traceback shows the user's lines, with the cell's line numbers, and no frame of the
package, in every reader of tracebacks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .ipython_shell import PACKAGE, Shell

pytestmark = pytest.mark.slow


MODULE = """\
def divide(x):
    return 1 / x

def plain():
    yield "so far"
    divide(0)

async def awaiting():
    yield "so far"
    divide(0)

class Iterator:
    def __iter__(self):
        return self
    def __next__(self):
        return divide(0)

class Manager:
    async def __aenter__(self):
        return awaiting()
    async def __aexit__(self, *exc):
        divide(0)
"""


@pytest.fixture
def shell(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """Return a shell whose user has a module `mine`."""
    (tmp_path / "mine.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    shell.run("import mine, nbstream, asyncio")
    yield shell
    sys.modules.pop("mine", None)


def places(printed: str) -> list[str]:
    """Return the places that a traceback of IPython or Python names, outermost
    first."""
    found = []
    for line in printed.splitlines():
        if cell := re.match(r"""( +File ")?Cell In\[\d+\]"?, line (\d+)""", line):
            found.append(f"cell:{cell[2]}")
        elif file := re.match(r""" *File [^,]*?([^/"]+\.py)("?, line |:)(\d+)""", line):
            found.append(f"{file[1]}:{file[3]}")
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%stream\nyield 1\n1/0", ["cell:1", "cell:3"]),
        ("%%stream\n\n\nyield 1\n\n1/0", ["cell:1", "cell:6"]),
        ("# first\n%stream mine.plain()", ["cell:2", "mine.py:6", "mine.py:2"]),
        ("%%stream --view \\\n  text\nyield 1\n1/0", ["cell:1", "cell:4"]),
        ("%%stream\nyield 1\nawait asyncio.sleep(0)\n1/0", ["cell:1", "cell:4"]),
        (
            "%%stream\nyield from mine.plain()",
            ["cell:1", "cell:2", "mine.py:6", "mine.py:2"],
        ),
        (
            "%%stream\ndef deep():\n    1/0\nyield 1\ndeep()",
            ["cell:1", "cell:5", "cell:3"],
        ),
        ("%stream mine.awaiting()", ["cell:1", "mine.py:10", "mine.py:2"]),
        ("%stream mine.Iterator()", ["cell:1", "mine.py:16", "mine.py:2"]),
        ("%stream mine.divide(0)", ["cell:1", "mine.py:2"]),
        ("%stream 1/0", ["cell:1"]),
        ("await nbstream.stream(mine.plain())", ["cell:1", "mine.py:6", "mine.py:2"]),
        (
            "async for update in nbstream.stream(mine.plain()): pass",
            ["cell:1", "mine.py:6", "mine.py:2"],
        ),
        (
            "async for event in nbstream.stream(mine.awaiting()).events(): pass",
            ["cell:1", "mine.py:10", "mine.py:2"],
        ),
        ("nbstream.stream(5)", ["cell:1"]),
        ("nbstream.ask('nobody', 'Hi')", ["cell:1"]),
        (
            "def follow():\n    %stream mine.plain()\nfollow()",
            ["cell:3", "cell:2", "mine.py:6", "mine.py:2"],
        ),
        (
            "async def follow():\n    %stream mine.plain()\nawait follow()",
            ["cell:3", "cell:2", "mine.py:6", "mine.py:2"],
        ),
        ("x = %stream mine.plain()", ["cell:1", "mine.py:6", "mine.py:2"]),
        ("%%time\n%%stream\nyield 1\n1/0", ["cell:1", "cell:4"]),
    ],
)
def test_only_the_users_lines_are_shown(
    shell: Shell, cell: str, expected: list[str]
) -> None:
    printed = shell.run(cell)
    assert places(printed) == expected
    assert PACKAGE not in printed
    assert "__import__" not in printed


def test_the_call_that_is_awaited_has_a_readable_name(shell: Shell) -> None:
    printed = shell.run("%stream mine.plain() -n s")
    called = "await get_ipython().run_line_magic('stream', 'mine.plain() -n s')"
    assert f"----> 1 {called}\n" in printed


def test_each_await_shows_its_own_line_and_none_of_the_last(shell: Shell) -> None:
    shell.run("%stream mine.plain() -n s")
    for _ in range(3):
        printed = shell.run("\nawait s")
        assert places(printed) == ["cell:1", "mine.py:6", "mine.py:2"]


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
def test_every_mode_of_ipython_shows_them(shell: Shell, mode: str) -> None:
    shell.run(f"%xmode {mode}")
    printed = shell.run("%%stream\nlocal = 0\nyield 1\n1 / local")
    shell.run("%xmode Context")
    assert "ZeroDivisionError: division by zero" in printed
    assert PACKAGE not in printed
    assert bool(re.search(r"4 1 / local\n +local = 0", printed)) == (mode == "Verbose")


def test_tb_shows_it_again(shell: Shell) -> None:
    shell.run("%%stream\nyield 1\n1/0")
    printed = shell.run("%tb")
    assert places(printed) == ["cell:1", "cell:3"]
    assert PACKAGE not in printed


def test_the_debugger_finds_the_frame_of_the_body(shell: Shell) -> None:
    shell.run("%%stream\nlocal = 42\nyield 1\n1/0")
    assert sys.last_value is not None
    tb = sys.last_value.__traceback__
    names = []
    while tb is not None:
        names.append(tb.tb_frame.f_code.co_filename)
        innermost, tb = tb.tb_frame, tb.tb_next
    assert innermost.f_locals["local"] == 42
    assert not any(name.startswith(PACKAGE) for name in names)


@pytest.mark.parametrize(
    ("raising", "joined"),
    [
        ("raise ValueError('second') from error", "direct cause"),
        ("raise ValueError('second')", "During handling"),
    ],
)
def test_chained_errors_show_both(shell: Shell, raising: str, joined: str) -> None:
    printed = shell.run(
        "%%stream -n s\nyield 1\ntry:\n    mine.divide(0)\n"
        f"except ZeroDivisionError as error:\n    {raising}"
    )
    assert joined in printed
    assert places(printed) == ["cell:4", "mine.py:2", "cell:1", "cell:6"]
    assert PACKAGE not in printed
    assert places(shell["s"].mimebundle()["text/plain"]) == [
        "cell:4",
        "mine.py:2",
        "cell:6",
    ]


def test_an_error_of_ours_as_a_cause_has_no_frame_of_any_library(shell: Shell) -> None:
    """Our message contains that of the HTTP client and its libraries."""
    printed = shell.run(
        "try:\n    await nbstream.stream('http://127.0.0.1:1/', retries=0)\n"
        "except nbstream.NbstreamError as error:\n    raise ValueError('no') from error"
    )
    assert places(printed) == ["cell:2", "cell:4"]
    assert "ConnectionLost: Expected a connection" in printed
    assert PACKAGE not in printed


@pytest.mark.parametrize(
    "call", ["'replay:x', speed=0", "'http://127.0.0.1:1/', view='nope'"]
)
def test_an_option_that_a_dataclass_refuses_shows_the_users_line(
    shell: Shell, call: str
) -> None:
    """And not the method that `dataclasses` wrote."""
    printed = shell.run(f"nbstream.stream({call})")
    assert "ValueError: Expected a " in printed
    assert places(printed) == ["cell:1"]
    assert "__create_fn__" not in printed


@pytest.mark.parametrize(
    "cell",
    [
        "await nbstream.stream('http://127.0.0.1:1/', retries=0)",
        "%stream http://127.0.0.1:1/ --retries 0",
        "def follow():\n    %stream http://127.0.0.1:1/ --retries 0\nfollow()",
    ],
)
def test_an_error_of_ours_is_one_line(shell: Shell, cell: str) -> None:
    (line,) = shell.run(cell).strip().splitlines()
    assert line.startswith("ConnectionLost: Expected a connection to http://127.0.0.1")


def test_a_group_of_errors_shows_the_users_lines_of_each(shell: Shell) -> None:
    printed = shell.run(
        "%%stream -n s\nasync def fail(n):\n    await nbstream.stream(mine.plain())\n"
        "yield 1\n"
        "errors = await asyncio.gather(fail(1), fail(2), return_exceptions=True)\n"
        "raise ExceptionGroup('both', errors)"
    )
    left = shell["s"].mimebundle()["text/plain"]
    for shown in (printed, left):
        assert "ExceptionGroup: both (2 sub-exceptions)" in shown
        assert shown.count("ZeroDivisionError: division by zero") == 2
        assert PACKAGE not in shown
    assert re.findall(r'"Cell In\[1\]", line (\d+)', left) == ["6", "3", "3"]


def test_recursion_is_collapsed(shell: Shell) -> None:
    printed = shell.run(
        "%%stream -n s\ndef again(n):\n    return again(n - 1) if n else 1 / n\n"
        "yield 1\nagain(50)"
    )
    assert "skipping similar frames" in printed
    assert len(printed.splitlines()) < 40
    assert "Previous line repeated" in shell["s"].mimebundle()["text/plain"]


def test_frames_of_a_library_that_the_user_called_stay(shell: Shell) -> None:
    printed = shell.run("%%stream\nimport json\nyield 1\njson.loads('{')")
    first, second, *library = places(printed)
    assert [first, second] == ["cell:1", "cell:4"]
    assert len(library) == 3
    assert all("decoder.py" in f or "__init__.py" in f for f in library)


def test_the_frozen_output_names_cells_and_no_path_of_the_machine(shell: Shell) -> None:
    shell.run("%%stream -n s\nyield 1\n1/0")
    left = shell["s"].mimebundle()
    assert 'File "Cell In[1]", line 3' in left["text/plain"]
    assert all("ipython-input" not in text for text in left.values())
    assert all(PACKAGE not in text for text in left.values())
