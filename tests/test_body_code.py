"""The code of a cell body: what it may use, and the error if it cannot run."""

from __future__ import annotations

import pytest

from .ipython_shell import Shell

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("yield 1\nx = (", ["line 3", "'(' was never closed"]),
        ("yield 1\n  yield 2", ["line 3", "unexpected indent"]),
        ("yield 1\nawait f()\nreturn 5", ["'return' with value in async generator"]),
        ("yield 1\nnonlocal y", ["line 3", "nonlocal"]),
        ("%%time\nyield 1", ["%%time can stand above %%stream"]),
        ("def f():\n    yield 1", ["Expected a `yield` in the body"]),
    ],
)
def test_a_body_that_cannot_run_reports_where_and_why(
    shell: Shell, body: str, lines: list[str]
) -> None:
    printed = shell.run(f"%%stream\n{body}")
    assert printed.startswith("UsageError: ")
    for words in lines:
        assert words in printed
    assert "ipython-input" not in printed


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("yield 'a'\nreturn\nyield 'b'", "a"),
        ("  yield 'a'\n  yield 'b'", "ab"),
        ("global known\nknown = 'c'\nyield known", "c"),
        ("x = !echo shell\nyield x[0]", "shell"),
        ("for n in range(2):\n    %time n\nyield 'd'", "d"),
        ("# only\n\nyield 'e'", "e"),
    ],
)
def test_a_body_may_use_what_a_cell_may(shell: Shell, body: str, text: str) -> None:
    shell.run(f"%%stream -n s\n{body}")
    assert shell["s"].text == text


@pytest.mark.parametrize("how", ["yield 1\n", "await asyncio.sleep(0)\nyield 1\n"])
@pytest.mark.parametrize("end", ["SystemExit(3)", "KeyboardInterrupt", "BaseException"])
def test_a_body_that_exits_ends_its_stream_and_not_the_loop(
    shell: Shell, how: str, end: str
) -> None:
    shell.run("import asyncio")
    printed = shell.run(f"%%stream -n s\n{how}raise {end}")
    assert f"StreamFailed: The code of the stream raised {end[:10]}" in printed
    assert shell["s"].state == "failed"
    assert "alive" in shell.run("await asyncio.sleep(0, 'alive')")
