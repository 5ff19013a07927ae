"""The model server with any client: its questions, replies, gates and pace."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import httpx
import pytest

from nbstream.testing import (
    Answer,
    Gate,
    ModelServer,
    Overloaded,
    Pace,
    Stalls,
    StartModelServer,
)

from .anthropic_sdk import REQUEST, client_of, final_message_of

pytestmark = pytest.mark.anyio


@pytest.mark.new_sdk
async def test_a_gate_holds_the_answer_until_the_test_opens_it(
    model_server: StartModelServer,
) -> None:
    gates = [Gate("think", after=1), Gate("speak", after=2)]
    held = Answer("Sunny.", thinking="Is it?", tokens=2, pause=gates)
    server = model_server(held, Answer("Done before."))
    seen: list[str] = []
    more = asyncio.Event()

    async def read() -> None:
        async with (
            client_of(server) as client,
            client.messages.stream(**REQUEST) as stream,
        ):
            async for event in stream:
                seen.append(event.type)
                more.set()

    async def wait_until_seen(kind: str) -> None:
        while kind not in seen:
            more.clear()
            await more.wait()

    reading = asyncio.create_task(read())
    await wait_until_seen("thinking")
    await final_message_of(server)  # another answer meanwhile, in full
    assert "text" not in seen
    server.signal("think")
    await wait_until_seen("text")
    await final_message_of(server)
    assert "message_stop" not in seen
    server.signal("speak")
    await reading
    assert seen[-1] == "message_stop"


async def test_a_pace_is_kept(model_server: StartModelServer) -> None:
    """No word arrives before its time; lateness is measured in the benchmarks."""
    server = model_server(Answer("one two three four", pause=Pace(50)))
    clock = asyncio.get_running_loop().time
    asked = clock()
    async with (
        client_of(server) as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        came = [clock() - asked async for _ in stream.text_stream]
    assert all(at >= number / 50 for number, at in enumerate(came))
    assert len(came) == 4


async def test_each_question_gets_the_next_reply_and_the_last_is_repeated(
    model_server: StartModelServer,
) -> None:
    """So a client that retries, as the SDK does, succeeds."""
    server = model_server(
        Overloaded(), lambda question: Answer(f"You said: {question.prompt}")
    )
    asked = [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]
    async with client_of(server, max_retries=1) as client:
        message = await client.messages.create(**{**REQUEST, "messages": asked})
    assert message.content[0].type == "text"
    assert message.content[0].text == "You said: hello"
    assert [question.number for question in server.questions] == [0, 1]


async def test_a_question_is_recorded_as_it_was_sent(
    model_server: StartModelServer,
) -> None:
    server = model_server(Answer("Yes."))
    await final_message_of(server, system="Be brief.", extra_body={"odd": {"key": 1}})
    (question,) = server.questions
    assert (question.api, question.model) == ("messages", "claude-test")
    assert question.system == "Be brief."
    assert question.messages == REQUEST["messages"]
    assert question.body["odd"] == {"key": 1}
    assert question.stream and question.max_tokens == 1000
    assert question.key == "sk-any"
    assert question.headers["user-agent"].startswith("AsyncAnthropic/")
    assert json.loads(question.connection.request.body) == question.body


async def test_a_test_can_wait_for_a_question(model_server: StartModelServer) -> None:
    """Before there is any answer, and though nothing happens after it."""
    server = model_server(Stalls(0))
    asking = asyncio.create_task(final_message_of(server))
    await server.until(lambda: server.questions)
    asking.cancel()
    await server.until(lambda: server.questions[0].connection.left)


@pytest.mark.new_sdk
async def test_the_models_are_listed(model_server: StartModelServer) -> None:
    server = model_server(models=["claude-a", "claude-b"])
    async with client_of(server) as client:
        assert [m.id async for m in client.models.list()] == ["claude-a", "claude-b"]


async def test_another_path_is_not_found(model_server: StartModelServer) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{model_server().origin}/v1/other")
    assert answer.status_code == 404
    assert "POST /v1/messages" in answer.json()["error"]["message"]


def test_a_server_without_replies_reports_that_to_the_client() -> None:
    with pytest.raises(AssertionError, match="no reply"), ModelServer() as server:
        headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(f"{server.origin}/v1/messages", json=REQUEST, headers=headers)


def test_importing_it_imports_no_sdk() -> None:
    heavy = ["anthropic", "openai", "pytest"]
    code = (
        f"import sys, nbstream.testing; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
