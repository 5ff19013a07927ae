"""Time budgets: streams that are stopped because they took too long."""

from __future__ import annotations

import anthropic.resources.messages  # noqa: F401 - a second that is no answer's
import pytest

import nbstream
from nbstream.models import Access
from nbstream.testing import Answer, Overloaded, Stalls, StartModelServer

from .ipython_shell import Shell


def test_a_stop_by_time_is_reported(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    """The connection is closed, the text so far is kept, and the cell continues."""
    asked = vendor_server(Stalls(3))
    printed = shell.run("%%stream claude -n s --max-time 1.5\nHi")
    assert printed.startswith("This answer was\n")
    assert "[Stopped after 1.5 s, as --max-time asks.]" in printed
    asked.wait_for(lambda: asked.questions[0].connection.left)
    s = shell["s"]
    assert (s.state, s.stop_reason, s.text) == (
        "finished",
        "max_time",
        "This answer was",
    )
    assert s.usage.estimated
    assert "Stopped after 1.5 s" in shell.run("%streams show s")


def test_a_stream_that_ends_in_time_reports_nothing(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    vendor_server(Answer("Quick."))
    printed = shell.run("%%stream claude -n s --max-time 60\nHi")
    assert "Stopped" not in printed
    assert shell["s"].stop_reason == "end_turn"


def test_waiting_for_the_next_try_counts(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    vendor_server(Overloaded())
    printed = shell.run("%%stream claude -n s --max-time 0.2 --retries 9\nHi")
    assert "[Stopped after 0.2 s" in printed
    assert shell["s"].state == "finished"


def test_a_plain_stream_has_the_same_budget(shell: Shell) -> None:
    body = "import asyncio\nyield 'begun'\nawait asyncio.Event().wait()"
    printed = shell.run(f"%%stream -n s --max-time 0.2\n{body}")
    assert printed == "begun\n[Stopped after 0.2 s, as --max-time asks.]\n"
    assert shell["s"].stop_reason == "max_time"


@pytest.mark.parametrize("word", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_that_cannot_pass_is_refused(shell: Shell, word: str) -> None:
    assert "--max-time" in shell.run(f"%%stream claude --max-time {word}\nHi")


@pytest.mark.anyio
async def test_from_python(vendor_server: StartModelServer) -> None:
    asked = vendor_server(Stalls(1))
    access = Access(base_url=asked.anthropic_base_url)
    stream = await nbstream.ask("claude", "Hi", max_time=0.3, access=access)
    assert stream.stop_reason == "max_time"
    await asked.until(lambda: asked.questions[0].connection.left)
