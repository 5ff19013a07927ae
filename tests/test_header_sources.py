"""Credentials that expire: `--header-from` is read at each connect."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nbstream.testing import Connection, Script, StartSSEServer
from nbstream.testing.script import events

from .ipython_shell import Shell

END = events("data: [DONE]\n\n")


def drops_after(change: Callable[[], None]) -> Script:
    """A server that changes something of the client's and then breaks off."""

    async def play(connection: Connection) -> None:
        await connection.send("retry: 1\nid: 1\ndata: first\n\n")
        change()
        await connection.reset()

    return play


def test_names_in_headers(shell: Shell, sse_server: StartSSEServer) -> None:
    names = shell.ip.user_ns
    names |= {"token": "old", "pw": "a"}
    server = sse_server(drops_after(lambda: names.update(token="new", pw="b")), END)
    shell.run(f"%stream {server.url} -H 'X-Token: t-{{token}}' -b 's={{pw}}'")
    assert [r.headers["x-token"] for r in server.requests] == ["t-old", "t-new"]
    assert [r.headers["cookie"] for r in server.requests] == ["s=a", "s=b"]


def test_the_variable_of_the_environment(
    shell: Shell, sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "old")
    renewed = drops_after(lambda: monkeypatch.setenv("SOME_KEY", "new"))
    server = sse_server(renewed, END)
    shell.run(f"%stream {server.url} --key-env SOME_KEY")
    sent = [r.headers["authorization"] for r in server.requests]
    assert sent == ["Bearer old", "Bearer new"]
    monkeypatch.delenv("SOME_KEY")
    printed = shell.run(f"%stream {server.url} --key-env SOME_KEY")
    assert printed.startswith("UsageError: Expected a key in the environment variable")


@pytest.mark.parametrize("definition", ["def", "async def"])
def test_a_function(shell: Shell, sse_server: StartSSEServer, definition: str) -> None:
    """Sync or async; the other headers are sent too, and this one has priority."""
    shell.run(
        "import itertools, types\nnumbers = itertools.count(1)\n"
        f"{definition} log_in():\n    return {{'x-token': f't{{next(numbers)}}'}}\n"
        "auth = types.SimpleNamespace(log_in=log_in)"
    )
    server = sse_server(drops_after(lambda: None), END)
    shell.run(f"%stream {server.url} --header-from auth.log_in -H 'X-Token: no' -A Me")
    assert [r.headers["x-token"] for r in server.requests] == ["t1", "t2"]
    assert [r.headers["user-agent"] for r in server.requests] == ["Me", "Me"]
    server = sse_server(END)
    shell.run(f"%stream {server.url} --header-from log_in")
    assert server.requests[0].headers["x-token"] == "t3"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%stream http://h/x --header-from nobody", "name 'nobody' is not defined"),
        ("%stream http://h/x --header-from {}", "got {}, which is dict"),
        ("%stream [] --header-from dict", "Only a URL takes these: headers"),
        ("%%stream claude --header-from dict\nHi", "Only a URL takes --header-from"),
    ],
)
def test_a_header_source_that_is_no_function_is_reported(
    shell: Shell, line: str, expected: str
) -> None:
    printed = shell.run(line)
    assert expected in printed
    assert printed.count("\n") == 1
