"""A magic's line is parsed once a cell."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from .channel_server import Source
from .ipython_shell import Shell


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words of each line that was parsed."""
    found: list[list[str]] = []
    parse = argparse.ArgumentParser.parse_known_intermixed_args

    def counted(self: Any, args: Any = None, namespace: Any = None) -> Any:
        found.append([*args])
        return parse(self, args, namespace)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_intermixed_args", counted)
    return found


@pytest.mark.parametrize(
    ("cell", "printed"),
    [
        ("%stream iter(['a cell that waits'])", "a cell that waits\n"),
        ("%%stream\nyield 'a body that waits'", "a body that waits\n"),
        ("for n in 'abc':\n    %stream [n] # once", "a\nb\nc\n"),
        ("def f():\n    %stream ['in a function']\nf()", "in a function\n"),
    ],
)
def test_a_line_is_parsed_once_a_cell(
    shell: Shell, parsed: list[list[str]], cell: str, printed: str
) -> None:
    """Though whether the cell waits has to be known before it runs."""
    cell = cell.replace(" # once", "")
    assert shell.run(cell) == printed
    assert len(parsed) == 1


def test_a_variable_of_the_environment_that_the_cell_itself_sets(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its value is that of the moment when the magic is called."""
    source = Source()
    try:
        monkeypatch.setenv("NBSTREAM_TEST_PATH", "before")
        source.text("/now", "now")
        source.end("/now")
        printed = shell.run(
            "import os\nos.environ['NBSTREAM_TEST_PATH'] = 'now'\n"
            f"%stream {source.url}/$NBSTREAM_TEST_PATH"
        )
        assert printed == "now\n"
    finally:
        source.close()
