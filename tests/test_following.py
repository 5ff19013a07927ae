"""`--follow` and `%config StreamMagics.follow` connect again after each proper end."""

from __future__ import annotations

import pytest

from nbstream.testing import SSEServer
from nbstream.testing.script import events

from .ipython_shell import Shell


@pytest.mark.parametrize("by", ["option", "configuration"])
def test_following_continues_after_an_end(shell: Shell, by: str) -> None:
    """A server whose stream has ended is requested again, though it has no ids."""
    with SSEServer(events("data: a\n\n"), events("data: [DONE]\n\n")) as server:
        if by == "option":
            shell.run(f"%stream {server.url} --follow")
        else:
            shell.run("%config StreamMagics.follow = True")
            assert shell.run("%stream ['an iterator has one end']")
            shell.run(f"%stream {server.url}")
        assert len(server.requests) == 2


def test_following_is_for_urls(shell: Shell) -> None:
    """A model would be paid again and again."""
    assert "Only a URL takes --follow" in shell.run("%%stream claude --follow\nHi")
    assert "Only a URL takes these: follow" in shell.run("%stream [] --follow")
