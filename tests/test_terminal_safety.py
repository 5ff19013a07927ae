"""A stream's output cannot command the terminal: move its cursor, set its title, or
type for the user."""

from __future__ import annotations

import re
from typing import Any

from nbstream.testing import Answer, BadRequest, StartModelServer, events
from nbstream.text.invisible_characters import sanitise_for_terminal

from .ipython_shell import Shell

COMMANDS = "\x1b]0;title\x07 \x1b[2J \x9b6n \x08\r"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def test_an_answer_cannot_command_the_terminal(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    vendor_server(
        Answer(f"begin {COMMANDS} end", thinking=COMMANDS, tool_calls=[(COMMANDS, {})])
    )
    for cell in (
        "%%stream claude -n s --chat c\nHi",
        "%%stream claude:a claude:b\nHi",
        "%streams show s",
        "%streams chat c",
        "%streams chat c export",
        "%streams",
    ):
        printed = shell.run(cell)
        assert "title" in printed or cell == "%streams"
        assert not CONTROL.search(printed), cell


def test_an_error_cannot_command_the_terminal(
    shell: Shell, vendor_server: StartModelServer, sse_server: Any
) -> None:
    vendor_server(BadRequest(f"No {COMMANDS} here"))
    refused = shell.run("%%stream claude\nHi")
    assert "title" in refused
    assert not CONTROL.search(refused)

    data = '{"type": "error", "message": "No \\u001b]0;title\\u0007\\u009b6n"}'
    server = sse_server(events(f"data: {data}\n\n"))
    failed = shell.run(f"%stream {server.url}")
    assert "title" in failed
    assert not CONTROL.search(failed)


def test_tabs_and_line_breaks_stay() -> None:
    assert sanitise_for_terminal("a\tb\nc é 日本") == "a\tb\nc é 日本"
