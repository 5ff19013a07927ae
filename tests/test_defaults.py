"""`%config StreamMagics` has the defaults of both entry points, magics and Python; a
line's or a call's arguments override them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import nbstream
from nbstream.testing import (
    Answer,
    ModelServer,
    RateLimited,
    SSEServer,
    events,
    status,
)

from .ipython_shell import Shell

pytest_plugins = ["nbstream.testing.plugin"]

Serve = Callable[..., SSEServer]
ENTRY_POINTS = pytest.mark.parametrize("entry_point", ["line", "call"])


def follow(
    shell: Shell, entry_point: str, source: str, given: str = ""
) -> nbstream.Stream:
    """Follow a source by one of the entry points, to its end.

    Args:
        shell: the shell to run in.
        entry_point: `line` or `call`.
        source: an expression, or a URL in quotes.
        given: an option as Python writes it, such as `view='log'`.
    """
    if entry_point == "line":
        name, _, value = given.partition("=")
        option = {"": "", "True": f"--{name}"}.get(value, f"--{name} {value}")
        shell.run(f"%stream {source.strip(chr(34))} -n s {option.replace('_', '-')}")
    else:
        shell.run("import nbstream")
        shell.run(f"s = nbstream.stream({source}, {given})\nawait s.wait()")
    stream: nbstream.Stream = shell["s"]
    assert stream.done
    return stream


def kinds(stream: nbstream.Stream) -> list[str]:
    return [block.kind for block in stream.transcript.blocks]


# -- following -----------------------------------------------------------------------


@ENTRY_POINTS
@pytest.mark.parametrize(
    ("configured", "given", "expected"),
    [
        ("", "", "text"),
        ("view='log'", "", "log"),
        ("view='log'", "view='table'", "rows"),
        ("view='log'", "view='auto'", "text"),
        ("dialect='standard'", "", "raw"),
        ("dialect='standard'", "dialect='auto'", "text"),
        ("max_event_size='1K'", "", "raw"),
        ("max_event_size='1K'", "max_event_size='4K'", "text"),
    ],
)
def test_how_it_is_read_and_shown(
    shell: Shell, entry_point: str, configured: str, given: str, expected: str
) -> None:
    data = json.dumps({"token": "a" * 2000})
    shell.ip.user_ns["source"] = [nbstream.ServerSentEvent(data=data)]
    if configured:
        shell.run(f"%config StreamMagics.{configured}")
    assert kinds(follow(shell, entry_point, "source", given)) == [expected]


@ENTRY_POINTS
@pytest.mark.parametrize(
    ("configured", "given", "requests"),
    [("", "", 3), ("0", "", 1), ("0", "retries=1", 2), ("1", "retries=0", 1)],
)
def test_retries(
    shell: Shell,
    sse_server: Serve,
    entry_point: str,
    configured: str,
    given: str,
    requests: int,
) -> None:
    server = sse_server(status(503, headers={"Retry-After": "0"}))
    if configured:
        shell.run(f"%config StreamMagics.retries = {configured}")
    assert follow(shell, entry_point, f'"{server.url}"', given).state == "failed"
    assert len(server.requests) == requests


@ENTRY_POINTS
def test_idle_timeout(shell: Shell, sse_server: Serve, entry_point: str) -> None:
    async def falls_silent(connection: Any) -> None:
        await connection.send("data: a\n\n")
        await connection.stall()

    server = sse_server(falls_silent)
    shell.run("%config StreamMagics.idle_timeout = 0.2")
    shell.run("%config StreamMagics.retries = 0")
    stream = follow(shell, entry_point, f'"{server.url}"')
    assert "0.2 s" in str(stream.error)


@ENTRY_POINTS
def test_following_further(shell: Shell, sse_server: Serve, entry_point: str) -> None:
    server = sse_server(events("data: a\n\n"), events("data: [DONE]\n\n"))
    shell.run("%config StreamMagics.follow = True")
    follow(shell, entry_point, f'"{server.url}"')
    assert len(server.requests) == 2


def test_an_explicit_false_is_given_too(shell: Shell, sse_server: Serve) -> None:
    """The line has no option for it; a call has."""
    server = sse_server(events("data: a\n\n"), events("data: [DONE]\n\n"))
    shell.run("%config StreamMagics.follow = True")
    follow(shell, "call", f'"{server.url}"', "follow=False")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("configured", "given", "beside"),
    [
        ("kernel", "", False),
        ("kernel", "thread=True", True),
        ("thread", "", True),
        ("thread", "thread=False", False),
    ],
)
def test_where_it_runs(
    shell: Shell, configured: str, given: str, *, beside: bool
) -> None:
    shell.run("import asyncio, nbstream")
    shell.run(f"%config StreamMagics.loop = {configured!r}")
    printed = shell.run(
        f"s = await nbstream.stream(['a'], {given})\n"
        "print(s.loop is not asyncio.get_running_loop())"
    )
    assert printed == f"{beside}\n"


# -- asking --------------------------------------------------------------------------


Models = Callable[..., ModelServer]


@pytest.fixture
def models(
    no_vendor: None, model_server: Models, monkeypatch: pytest.MonkeyPatch
) -> Models:
    """Return a function that starts a server in place of both vendors."""

    def start(*replies: Any) -> ModelServer:
        server = model_server(*replies)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        return server

    return start


def ask(
    shell: Shell, entry_point: str, model: str, more: str = ""
) -> nbstream.ModelStream:
    shell.run("import nbstream")
    if entry_point == "line":
        shell.run(f"%%stream {model} -n s\nHi")
    else:
        shell.run(f"s = nbstream.ask({model!r}, 'Hi', {more})\nawait s.wait()")
    answer: nbstream.ModelStream = shell["s"]
    assert answer.done
    return answer


@ENTRY_POINTS
@pytest.mark.parametrize("vendor", ["claude", "openai"])
def test_the_model(shell: Shell, models: Models, entry_point: str, vendor: str) -> None:
    models(lambda question: Answer(f"I am {question.model}."))
    shell.run(f"%config StreamMagics.{vendor}_model = 'mine'")
    assert ask(shell, entry_point, vendor).text == "I am mine."
    assert ask(shell, entry_point, f"{vendor}:given").text == "I am given."


@ENTRY_POINTS
def test_the_view_of_an_answer(shell: Shell, models: Models, entry_point: str) -> None:
    models(Answer("Hi"))
    shell.run("%config StreamMagics.view = 'log'")
    assert "log" in kinds(ask(shell, entry_point, "claude"))


def test_a_view_that_is_given(shell: Shell, models: Models) -> None:
    models(Answer("Hi"))
    shell.run("%config StreamMagics.view = 'log'")
    assert "log" not in kinds(ask(shell, "call", "claude", "view='text'"))


@ENTRY_POINTS
@pytest.mark.parametrize("vendor", ["claude", "openai:m"])
def test_the_retries_of_a_question(
    shell: Shell, models: Models, entry_point: str, vendor: str
) -> None:
    server = models(RateLimited(retry_after=0))
    shell.run("%config StreamMagics.retries = 0")
    assert ask(shell, entry_point, vendor).state == "failed"
    assert len(server.questions) == 1


def test_the_retries_of_an_access_that_is_given(shell: Shell, models: Models) -> None:
    server = models(RateLimited(retry_after=0))
    shell.run("%config StreamMagics.retries = 0")
    ask(shell, "call", "claude", "access=nbstream.Access(retries=1)")
    assert len(server.questions) == 2


# -- what is given is checked --------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dialect": "klingon"}, "Expected a dialect of"),
        ({"view": "pie"}, "Expected a view of auto, chart"),
        ({"field": "a..b"}, "Expected a field such as"),
        ({"max_time": 0}, "Expected a max_time above 0"),
        ({"max_time": float("nan")}, "Expected a max_time above 0"),
        ({"max_event_size": "much"}, "Expected a size such as"),
    ],
)
def test_an_option_is_checked_before_anything_is_opened(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        nbstream.stream("replay:/no/such/file", **options)
    if options.keys() <= {"view", "max_time", "max_event_size"}:
        with pytest.raises(ValueError, match=message):
            nbstream.ask("claude", "Hi", **options)


# -- where there is no configuration -------------------------------------------------


def test_a_shell_without_the_extension_has_our_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = Shell(capsys)
    try:
        shell.run("%config StreamMagics.view = 'log'")
        shell.run("%unload_ext nbstream")
        shell.ip.user_ns["source"] = ["a"]
        assert kinds(follow(shell, "call", "source")) == ["text"]
    finally:
        shell.ip.run_line_magic("load_ext", "nbstream")
        shell.close()
    assert InteractiveShell.initialized() is False
