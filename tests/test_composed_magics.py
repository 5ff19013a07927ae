"""`%stream` and `%%stream` inside other magics, anywhere in a cell, and as a value: in
a shell whose cells wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbstream.notebook.session import Session

from .channel_server import Source
from .ipython_shell import Shell

pytestmark = pytest.mark.slow


@pytest.fixture
def source() -> Iterator[Source]:
    server = Source()
    server.text("/s", "all ", "of it")
    server.end("/s")
    yield server
    server.close()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%time %stream iter(['a'])", "a"),
        ("%%time\n%stream iter(['a'])", "a"),
        ("%%time\n%%stream\nyield 'a'", "a"),
        ("%%time\n%%stream\nimport asyncio\nyield 'a'\nawait asyncio.sleep(0)", "a"),
        ("%%time\nx = 1\n%stream iter([str(x)])\nx", "1"),
        ("%prun -q %stream iter(['a'])", "a"),
        ("%%prun -q\n%stream iter(['a'])", "a"),
        ("%%prun -q\n%%stream\nyield 'a'", "a"),
        ("for n in range(2):\n    %stream iter([str(n)])", "0\n1"),
        ("if True:\n    %stream iter(['a'])", "a"),
        ("try:\n    %stream iter(['a'])\nfinally:\n    %stream iter(['b'])", "a\nb"),
        (
            "from contextlib import suppress\nwith suppress():\n    %stream iter('a')",
            "a",
        ),
        ("def f():\n    %stream iter(['a'])\nf()", "a"),
        ("async def f():\n    %stream iter(['a'])\nawait f()", "a"),
        ("class A:\n    %stream iter(['a'])", "a"),
        (
            "class A:\n    async def f(self):\n        %stream 'a',\nawait A().f()",
            "a",
        ),
        ("%stream iter(['a'])\n%stream iter(['b'])", "a\nb"),
        ("get_ipython().run_cell(\"%stream iter(['a'])\")\n1;", "a"),
        (
            "for c in 'ab':\n    get_ipython().run_cell(f'%stream iter([{c!r}])')",
            "a\nb",
        ),
        ("get_ipython().run_line_magic('stream', 'iter(\"a\")')", "a"),
        ("line = 'iter(\"a\")'\nget_ipython().run_line_magic('stream', line)", "a"),
        ("[get_ipython().run_line_magic('stream', 'iter(\"a\")')]", "a"),
        ("await get_ipython().run_line_magic('stream', 'iter(\"a\")')", "a"),
        ("%alias_magic follow stream\n%follow iter(['a'])", "a"),
        ("%config StreamMagics.wait = 'always'\n%stream iter(['a'])", "a"),
        ("%%stream\nyield 'a'\n%stream iter(['b'])", "ab"),
    ],
)
def test_the_cell_waits_and_shows_it_all(
    shell: Shell, cell: str, expected: str
) -> None:
    printed = shell.run(cell)
    for line in expected.splitlines():
        assert f"{line}\n" in printed
    assert "Error" not in printed
    streams = Session.of(shell.ip).streams
    assert streams
    assert all(stream.state == "finished" for stream in streams)


def test_autoawait_may_be_off_from_before(shell: Shell) -> None:
    shell.run("%autoawait off")
    assert shell.run("%stream iter(['a'])") == "a\n"
    shell.run("%autoawait on")


def test_a_script_of_ipython_waits(shell: Shell, tmp_path: Path) -> None:
    script = tmp_path / "script.ipy"
    script.write_text("%stream iter(['first'])\n%stream iter(['second'])\n")
    assert shell.run(f"%run {script}") == "first\nsecond\n"


def test_time_counts_the_whole_stream(shell: Shell) -> None:
    printed = shell.run(
        "%%time\n%%stream\nimport time\nyield 'a'\ntime.sleep(0.25)\nyield 'b'"
    )
    assert printed.startswith("ab\n")
    took = float(printed.rpartition("Wall time: ")[2].split(" ms")[0])
    assert took >= 250


@pytest.mark.parametrize("below", ["%stream iter(['kept'])", "%%stream\nyield 'kept'"])
def test_capture_keeps_what_the_stream_shows(shell: Shell, below: str) -> None:
    assert shell.run(f"%%capture out\n{below}") == ""
    assert shell["out"].stdout == "kept\n"
    assert shell.run("out.show()") == "kept\n"


@pytest.mark.parametrize(
    "cell",
    [
        "handle = %stream iter(['a'])",
        "handle = get_ipython().run_cell_magic('stream', '', 'yield \"a\"')",
        "def f():\n    handle = %stream iter(['a'])\n    return handle\nhandle = f()",
        "async def f():\n    h = %stream iter(['a'])\n    return h\nhandle = await f()",
        "%time handle = get_ipython().run_line_magic('stream', 'iter([\"a\"])')",
    ],
)
def test_what_is_assigned_is_the_handle(shell: Shell, cell: str) -> None:
    shell.run(cell)
    assert shell["handle"].text == "a"
    assert shell["handle"].state == "finished"


def test_a_statement_has_no_value(shell: Shell) -> None:
    assert shell.run("%stream iter(['a'])") == "a\n"
    assert shell.run("get_ipython().run_line_magic('stream', 'iter(\"a\")')") == "a\n"


@pytest.mark.parametrize(
    "cell", ["%timeit {}", "%%timeit\n{}", "def f():\n {}\n%timeit f()"]
)
def test_a_get_can_be_timed_many_times(shell: Shell, source: Source, cell: str) -> None:
    cell = cell.replace("timeit", "timeit -n1 -r3")
    printed = shell.run(cell.format(f"%stream {source.url}/s"))
    assert "per loop" in printed
    assert "all of it" not in printed  # three times would be noise
    assert len(source.requests("/s")) == 3


@pytest.mark.parametrize(
    "cell",
    [
        "%timeit -n1 -r3 %stream {url} -d a=1",
        "%timeit -n1 -r3 %stream {url} -X PUT",
        "%timeit -n1 -r3 %stream {url} --json 1",
        "%%timeit -n1 -r3\n%%stream {url}\n{{}}",
        "%timeit -n1 -r3 %stream iter([asked.append(1)])",
        "%%timeit -n1 -r3\n%%stream\nasked.append(1)\nyield 1",
        "%%timeit -n1 -r3\n%%stream openai:m --base-url {url}\nHi",
        "def f():\n    %stream {url} -d a=1\n%timeit -n1 -r3 f()",
        "import timeit\ndef f():\n    %stream {url} -d a=1\ntimeit.timeit(f, number=3)",
    ],
)
def test_what_may_be_paid_for_is_not_timed_many_times(
    shell: Shell, source: Source, cell: str
) -> None:
    shell.run("asked = []")
    printed = shell.run(cell.format(url=f"{source.url}/s"))
    assert printed.strip().splitlines()[-1].startswith("UsageError: %timeit runs what")
    assert "%time runs it once" in printed
    assert source.requests("/s") == []
    assert shell["asked"] == []


def test_a_failure_under_another_magic_is_raised_there(shell: Shell) -> None:
    printed = shell.run(
        "try:\n    get_ipython().run_cell_magic('stream', '', 'yield 1\\n1 / 0')\n"
        "except ZeroDivisionError:\n    print('caught')"
    )
    assert printed.endswith("caught\n")


def test_a_coroutine_that_would_wait_for_itself_is_refused(shell: Shell) -> None:
    printed = shell.run(
        "%%time\n%%stream\nimport asyncio\nawait asyncio.sleep(0)\nyield 'a'\n"
        "%stream iter(['b'])"
    )
    assert "write `await nbstream.stream(…)`" in printed


def test_unloading_leaves_no_transformer(shell: Shell) -> None:
    transformers = (shell.ip.input_transformers_post, shell.ip.ast_transformers)
    with_ours = [len(some) for some in transformers]
    shell.run("%unload_ext nbstream")
    assert [len(some) for some in transformers] == [n - 1 for n in with_ours]
    shell.run("%load_ext nbstream")
