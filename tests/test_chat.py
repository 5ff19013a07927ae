"""Conversations that continue from cell to cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbstream.models import Chat
from nbstream.testing import Answer, BadRequest, Drops, ModelServer, StartModelServer

from .ipython_shell import Shell
from .kernel import Kernel

pytestmark = pytest.mark.slow

Serve = Callable[..., ModelServer]


@pytest.fixture
def server(vendor_server: StartModelServer) -> Serve:
    """Start a server in place of both vendors, that answers with the number of the
    question; or with these replies first."""
    numbered = lambda question: Answer(f"Answer {question.number}.")  # noqa: E731
    return lambda *replies: vendor_server(*replies, numbered)


def messages_of(server: ModelServer, number: int) -> list[str]:
    """Return the messages of a question, in short."""
    messages = server.questions[number].body["messages"]
    return [f"{message['role']}: {message['content']}" for message in messages]


def test_each_question_follows_the_conversation_so_far(
    shell: Shell, server: Serve
) -> None:
    """By either vendor."""
    asked = server()
    shell.run("%%stream claude --chat trip --system 'Be brief.'\nOslo?")
    shell.run("%%stream openai:small --chat trip\nBergen?")
    shell.run("%%stream claude --chat other\nParis?")
    shell.run("%%stream claude --chat trip\nTromsø?")
    assert messages_of(asked, 0) == ["user: Oslo?"]
    assert messages_of(asked, 1) == [
        "system: Be brief.",
        "user: Oslo?",
        "assistant: Answer 0.",
        "user: Bergen?",
    ]
    assert messages_of(asked, 2) == ["user: Paris?"]
    assert messages_of(asked, 3) == [
        "user: Oslo?",
        "assistant: Answer 0.",
        "user: Bergen?",
        "assistant: Answer 1.",
        "user: Tromsø?",
    ]
    assert [asked.questions[n].system for n in (0, 2, 3)] == [
        "Be brief.",
        "",
        "Be brief.",
    ]


@pytest.mark.parametrize("reply", [BadRequest("No."), Drops(2)])
def test_a_question_without_a_whole_answer_leaves_nothing(
    shell: Shell, server: Serve, reply: Any
) -> None:
    asked = server(Answer("First."), reply)
    shell.run("%%stream claude --chat trip\nOne?")
    shell.run("%%stream claude --chat trip -n two\nTwo?")
    assert shell["two"].state == "failed"
    shell.run("%%stream claude --chat trip\nThree?")
    assert messages_of(asked, 2) == ["user: One?", "assistant: First.", "user: Three?"]


def test_a_chat_is_with_one_at_a_time(shell: Shell, server: Serve) -> None:
    asked = server()
    printed = shell.run("%%stream claude:a openai:b --chat trip\nHi")
    assert "A chat goes on with one model at a time" in printed
    assert not asked.questions


def test_a_question_that_could_not_be_sent_blocks_nothing(
    shell: Shell, server: Serve
) -> None:
    server()
    assert "NO_SUCH" in shell.run("%%stream claude --chat c --key-env NO_SUCH\nHi")
    assert "Answer 0." in shell.run("%%stream claude --chat c\nHi")


def test_chats_are_listed_shown_exported_and_cleared(
    shell: Shell, server: Serve, tmp_path: Path
) -> None:
    server()
    assert shell.run("%streams chat") == "No conversations yet.\n"
    shell.run("%%stream claude:m --chat trip --system 'Be brief.'\nOslo?\nOr not?")
    shell.run("%%stream claude:m --chat other\nHi")
    assert shell.run("%streams chat") == "trip\nother\n"

    shown = shell.run("%streams chat trip")
    assert shown == shell.run("%streams chat trip show")
    for part in ("Be brief.", "> Oslo?\n> Or not?", "claude:m", "Answer 0."):
        assert part in shown

    expected = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Oslo?\nOr not?"},
        {"role": "assistant", "content": "Answer 0."},
    ]
    assert json.loads(shell.run("%streams chat trip export")) == expected
    shell.ip.user_ns["file"] = tmp_path / "trip.json"
    assert shell.run("%streams chat trip export {file}") == ""
    assert json.loads((tmp_path / "trip.json").read_text("utf-8")) == expected
    shell.ip.user_ns["file"] = tmp_path / "no" / "trip.json"
    refused = shell.run("%streams chat trip export {file}")
    assert "Expected a file to write to" in refused

    assert shell.run("%streams chat trip clear") == ""
    assert shell.run("%streams chat") == "other\n"
    assert "There are: other" in shell.run("%streams chat trip")


# -- cells of a page -------------------------------------------------------------


@pytest.mark.anyio
async def test_cells_that_run_at_once_take_turns(
    server: Serve,
) -> None:
    """As with Run All: the second waits for the first one's answer."""
    asked = server()
    async with Kernel() as kernel:
        one = kernel.begin("%%stream claude --chat c\nOne?", cell="a")
        two = kernel.begin("%%stream claude --chat c\nTwo?", cell="b")
        await one
        await two
    assert messages_of(asked, 1) == ["user: One?", "assistant: Answer 0.", "user: Two?"]


@pytest.mark.anyio
async def test_a_cell_that_runs_again_takes_its_turn_again(
    server: Serve,
) -> None:
    """It is sent with the messages before it, and its answer replaces the old one;
    after a failure the old one stays."""
    asked = server(
        Answer("A."), Answer("B."), Answer("New A."), BadRequest("No."), Answer("C.")
    )
    async with Kernel() as kernel:
        await kernel.run("%%stream claude --chat c\nOne?", cell="a")
        await kernel.run("%%stream claude --chat c\nTwo?", cell="b")
        await kernel.run("%%stream claude --chat c\nOne again?", cell="a")
        await kernel.run("%%stream claude --chat c\nTwo again?", cell="b")
        await kernel.run("%%stream claude --chat c\nThree?", cell="c")
    assert messages_of(asked, 2) == ["user: One again?"]
    assert messages_of(asked, 3) == [
        "user: One again?",
        "assistant: New A.",
        "user: Two again?",
    ]
    assert messages_of(asked, 4) == [
        "user: One again?",
        "assistant: New A.",
        "user: Two?",
        "assistant: B.",
        "user: Three?",
    ]


# -- the conversation itself -----------------------------------------------------


def test_a_question_waits_for_those_of_other_cells() -> None:
    chat = Chat("c")
    ended = chat.ask("One?", "a")
    assert chat.waits("b") and chat.waits(None)
    assert not chat.waits("a")  # the cell runs again: the old question was cancelled
    ended("", "m")
    assert not chat.waits("b")
    assert chat.turns == []
    chat.ask("From a script?", None)
    assert chat.waits(None) and chat.waits("a")


def test_an_empty_chat_reads_well() -> None:
    assert Chat("c").as_markdown() == "Nothing was said yet."
    assert Chat("c").messages == []
