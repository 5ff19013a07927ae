"""Comparing several models: the answers are independent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

import nbstream
from nbstream.models import Comparison
from nbstream.notebook.outputs.shown_outputs import ShownOutputs
from nbstream.testing import (
    Answer,
    BadRequest,
    Gate,
    ModelServer,
    Question,
    Stalls,
    StartModelServer,
)

from .headless_notebooks import notebook_of, only_text
from .ipython_shell import Shell
from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

BOTH = "%%stream claude:big openai:small -n cmp"


Serve = Callable[..., ModelServer]


@pytest.fixture
def server(vendor_server: StartModelServer) -> Serve:
    """Start a server in place of both vendors, whose replies are keyed by model
    name."""

    def start(**replies: Any) -> ModelServer:
        def reply(question: Question) -> Any:
            return replies.get(question.model, Answer(f"I am {question.model}."))

        return vendor_server(reply)

    return start


def test_one_question_is_sent_to_all(shell: Shell, server: Serve) -> None:
    """A terminal prints the answers in turn, each under its name."""
    asked = server()
    printed = shell.run(f"{BOTH} --system Brief. --max-tokens 9\nWho are you?")
    assert printed.index("claude:big") < printed.index("I am big.")
    assert printed.index("I am big.") < printed.index("openai:small")
    assert printed.index("openai:small") < printed.index("I am small.")
    assert {q.model for q in asked.questions} == {"big", "small"}
    assert {(q.prompt, q.system, q.max_tokens) for q in asked.questions} == {
        ("Who are you?", "Brief.", 9)
    }
    cmp = shell["cmp"]
    assert isinstance(cmp, Comparison)
    assert [stream.text for stream in cmp] == ["I am big.", "I am small."]
    assert (len(cmp), cmp[1].label, cmp.done) == (2, "openai:small", True)
    assert repr(cmp) == "<Comparison claude:big finished, openai:small finished>"


def test_the_frame_has_a_row_a_model(shell: Shell, server: Serve) -> None:
    server(
        big=Answer("one two three", input_tokens=20),
        small=BadRequest("Not today."),
    )
    shell.run(f"{BOTH}\nHi")
    frame = shell["cmp"].frame()
    assert list(frame.columns) == [
        "model",
        "state",
        "answer",
        "time_to_first_token",
        "seconds",
        "tokens_per_second",
        "tokens_in",
        "tokens_out",
        "stop_reason",
        "error",
    ]
    big, small = frame.to_dict("records")
    assert (big["model"], big["state"], big["answer"]) == (
        "claude:big",
        "finished",
        "one two three",
    )
    assert (big["tokens_in"], big["tokens_out"], big["stop_reason"]) == (
        20,
        3,
        "end_turn",
    )
    assert 0 < big["time_to_first_token"] <= big["seconds"]
    assert (small["model"], small["state"], small["answer"]) == (
        "openai:small",
        "failed",
        "",
    )
    assert "Not today" in small["error"]
    assert frame["time_to_first_token"].isna().tolist() == [False, True]


def test_one_that_fails_leaves_the_other(shell: Shell, server: Serve) -> None:
    server(small=BadRequest("Not today."))
    printed = shell.run(f"{BOTH}\nHi\n\n")
    assert "I am big." in printed
    assert "Not today" in printed
    assert "Traceback" not in printed
    assert [stream.state for stream in shell["cmp"]] == ["finished", "failed"]


def test_where_all_fail_the_cell_does(shell: Shell, server: Serve) -> None:
    server(big=BadRequest("Not me."), small=BadRequest("Nor me."))
    result = shell.ip.run_cell(f"{BOTH}\nHi")
    assert "Not me" in str(result.error_in_exec)
    assert [stream.state for stream in shell["cmp"]] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("claude:a openai:b --record x", "--record is for one stream"),
        ("claude:a openai:b --base-url http://h", "--base-url and --key-env are for"),
        ("claude:a openai:b --key-env HOME", "--base-url and --key-env are for"),
        ("claude:a openai", "Expected a model: %%stream openai -m MODEL"),
    ],
)
def test_mistakes(shell: Shell, server: Serve, line: str, said: str) -> None:
    asked = server()
    assert said in shell.run(f"%%stream {line}\nHi")
    assert not asked.questions


def test_nothing_is_sent_unless_all_can_be_asked(
    shell: Shell, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second model without a key must not leave the first one answering unseen."""
    asked = server()
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert "OPENAI_API_KEY" in shell.run(f"{BOTH}\nHi")
    assert shell.run("%streams") == "No streams yet.\n"
    assert not asked.questions


# -- in a page -------------------------------------------------------------------


@pytest.mark.anyio
async def test_each_is_cancelled_alone_or_all_together(
    server: Serve,
) -> None:
    asked = server(big=Stalls(1), small=Answer("one two", pause=Gate("go")))
    async with Kernel() as kernel:
        await kernel.run(f"{BOTH}\nHi", cell="a")
        await asked.until(lambda: len(asked.questions) == 2)
        of = {question.model: question.connection for question in asked.questions}
        await kernel.run("cmp[0].cancel()")
        await asked.until(lambda: of["big"].left)
        assert not of["small"].left
        asked.signal("go")
        states = await kernel.printed("await cmp\nprint(cmp)")
        assert states == "<Comparison claude:big cancelled, openai:small finished>\n"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "how", ["cmp.cancel()", "%streams cancel all", "the same cell", "another cell"]
)
async def test_all_are_cancelled(server: Serve, how: str) -> None:
    """By the handle, by name, and by running their cell again; not by running
    another."""
    asked = server(big=Stalls(1), small=Stalls(1))
    async with Kernel() as kernel:
        await kernel.run(f"{BOTH}\nHi", cell="a")
        await asked.until(lambda: len(asked.questions) == 2)
        if how.endswith("cell"):
            await kernel.run("pass", cell="a" if how == "the same cell" else "b")
        else:
            await kernel.run(how)
        if how == "another cell":
            assert "live, openai:small live" in await kernel.printed("print(cmp)")
            return
        await asked.until(lambda: all(q.connection.left for q in asked.questions))
        states = await kernel.printed("await cmp\nprint(cmp)")
        assert states == "<Comparison claude:big cancelled, openai:small cancelled>\n"


# -- where a tool runs the notebook ----------------------------------------------


def executed(*cells: str) -> list[NotebookNode]:
    notebook = notebook_of(*cells)
    NotebookClient(notebook, timeout=60).execute()
    ran: list[NotebookNode] = notebook.cells[1:]
    return ran


def test_one_display_is_left_and_it_is_the_same_each_time(
    server: Serve,
) -> None:
    """With the errors that occurred; times are in the metadata only."""
    server(
        big=Answer("A *big* answer.", thinking="Let me see.", input_tokens=9),
        small=BadRequest("Not today."),
    )
    first, second = (executed(f"{BOTH}\nHi", "cmp")[:2] for _ in range(2))
    assert only_text(first[0]) == only_text(first[1])
    assert first[0].outputs[0].data == second[0].outputs[0].data
    text = only_text(first[0])
    for part in ("claude:big", "A *big* answer.", "openai:small", "Not today"):
        assert part in text
    metadata = first[0].outputs[0].metadata.nbstream
    assert [facts["state"] for facts in metadata] == ["finished", "failed"]
    assert "widget" not in json.dumps(first[0])


def test_one_answer_is_the_same_each_time_too(server: Serve) -> None:
    server(big=Answer("An answer.", thinking="Hm.", tool_calls=[("look", {"at": 1})]))
    first, second = (executed("%%stream claude:big\nHi")[0] for _ in range(2))
    assert first.outputs[0].data == second.outputs[0].data
    assert first.outputs[0].metadata.nbstream.seconds > 0
    assert not [key for key in ("seconds", " s,") if key in only_text(first)]


def test_a_run_fails_where_all_have(server: Serve) -> None:
    server(big=BadRequest("Not me."), small=BadRequest("Nor me."))
    notebook = notebook_of(f"{BOTH}\nHi", "print('not reached')")
    with pytest.raises(CellExecutionError, match="Not me"):
        NotebookClient(notebook, timeout=60).execute()
    shown, error = notebook.cells[1].outputs
    assert "Nor me" in shown.data["text/plain"]
    assert error.ename == "ConnectionFailed"
    assert notebook.cells[2].execution_count is None


def test_forgetting_a_column_keeps_the_output_of_the_others() -> None:
    """One output holds several streams: it is only released with the last of them."""
    closed: list[str] = []

    class Shared:
        def close(self) -> None:
            closed.append("closed")

    first, second = (nbstream.stream(iter(["x"]), name=name) for name in "ab")
    output: Any = Shared()
    outputs = ShownOutputs(remembered=10)
    outputs.add(output, [first, second])
    outputs.forget(first)
    assert closed == []
    outputs.forget(second)
    assert closed == ["closed"]
    for stream in (first, second):
        stream.cancel()  # nothing starts it, which would be warned of
