"""`%%stream openai`: the request to servers with OpenAI's APIs, and the resulting
stream."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

import nbstream
from nbstream.models import Access, Message, ModelRequest
from nbstream.models.vendors import openai
from nbstream.testing import Answer, Gate, StartModelServer, events

from .ipython_shell import Shell

APIS = pytest.mark.parametrize("api", ["chat", "responses"])


class Trip(pydantic.BaseModel):
    """A schema whose keys are all required, as OpenAI demands."""

    city: str
    days: int


class Loose(pydantic.BaseModel):
    """A schema with an optional key."""

    city: str = "Oslo"


# -- the request -----------------------------------------------------------------


def test_the_bare_question_as_chat(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    server = vendor_server()
    assert "Fine." in shell.run("%%stream openai:small\nHow are you?\n")
    (question,) = server.questions
    assert question.body == {
        "model": "small",
        "messages": [{"role": "user", "content": "How are you?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert question.key == "key-of-the-test"  # without the line break of its file
    assert question.headers["content-type"] == "application/json"


def test_the_bare_question_as_responses(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    server = vendor_server()
    printed = shell.run("%%stream openai -m small --api responses\nHow are you?")
    assert "Fine." in printed
    (question,) = server.questions
    assert question.api == "responses"
    assert question.body == {
        "model": "small",
        "input": [{"role": "user", "content": "How are you?"}],
        "stream": True,
        "store": False,
    }


@pytest.mark.parametrize(
    ("options", "chat", "responses"),
    [
        (
            "--system 'Be brief.'",
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Hi"},
                ]
            },
            {"instructions": "Be brief."},
        ),
        ("--max-tokens 7", {"max_tokens": 7}, {"max_output_tokens": 7}),
        ("--temperature 0.5", {"temperature": 0.5}, {"temperature": 0.5}),
        (
            "--thinking 2048",
            {"reasoning_effort": "low"},
            {"reasoning": {"effort": "low", "summary": "auto"}},
        ),
        (
            "--thinking 8192 --param reasoning.summary=null",
            {"reasoning_effort": "medium"},
            {"reasoning": {"effort": "medium"}},
        ),
        (
            "--thinking 50000",
            {"reasoning_effort": "high"},
            {"reasoning": {"effort": "high", "summary": "auto"}},
        ),
        ("--param seed=1", {"seed": 1}, {"seed": 1}),
    ],
)
@APIS
def test_each_option(
    shell: Shell,
    vendor_server: StartModelServer,
    api: str,
    options: str,
    chat: dict[str, Any],
    responses: dict[str, Any],
) -> None:
    server = vendor_server()
    shell.run(f"%%stream openai:small --api {api} {options}\nHi")
    body = server.questions[0].body
    expected = chat if api == "chat" else responses
    assert {name: body.get(name) for name in expected} == expected


@APIS
def test_a_schema(shell: Shell, vendor_server: StartModelServer, api: str) -> None:
    """It is strict where OpenAI accepts a strict schema: all keys are required."""
    server = vendor_server(Answer('{"city": "Oslo", "days": 3}'))
    shell.ip.user_ns |= {"Trip": Trip, "Loose": Loose}
    shell.run(f"%%stream openai:small -n s --api {api} --json-schema Trip\nWhere to?")
    shell.run(f"%%stream openai:small --api {api} --json-schema Loose\nWhere to?")
    forms = [
        question.body["response_format"]["json_schema"]
        if api == "chat"
        else question.body["text"]["format"]
        for question in server.questions
    ]
    assert [(form["name"], form["strict"]) for form in forms] == [
        ("Trip", True),
        ("Loose", False),
    ]
    assert forms[0]["schema"]["additionalProperties"] is False
    assert shell["s"].json() == Trip(city="Oslo", days=3)


def test_the_vendor_itself_knows_a_newer_name_of_the_limit() -> None:
    question = ModelRequest("m", (Message(role="user", content="Hi"),), max_tokens=7)
    assert openai.chat_body(question, is_openai=True)["max_completion_tokens"] == 7
    assert openai.chat_body(question, is_openai=False)["max_tokens"] == 7


# -- whom, and with which key ----------------------------------------------------


def test_a_local_server_needs_no_key(
    shell: Shell, sse_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And receives no Authorization header."""
    chunk = '{"choices":[{"index":0,"delta":{"content":"Hello"}}]}'
    server = sse_server(
        events(
            nbstream.ServerSentEvent(data=chunk),
            nbstream.ServerSentEvent(data="[DONE]"),
        )
    )
    shell.ip.user_ns["there"] = server.origin
    printed = shell.run("%%stream openai:llama --base-url {there}/v1/\nHi")
    assert "Hello" in printed
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert "authorization" not in request.headers


def test_the_vendor_itself_needs_one(shell: Shell) -> None:
    printed = shell.run("%%stream openai:gpt\nHi")
    assert printed.startswith("UsageError: Expected a key in the environment variable")
    assert "OPENAI_API_KEY" in printed


def test_a_key_of_another_name(
    shell: Shell, vendor_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server()
    monkeypatch.setenv("OTHER_KEY", "another-key")
    shell.run("%%stream openai:small --key-env OTHER_KEY\nHi")
    assert server.questions[0].key == "another-key"
    missing = shell.run("%%stream openai:small --key-env NO_SUCH\nHi")
    assert "environment variable NO_SUCH" in missing


def test_a_model_has_to_be_named(shell: Shell, vendor_server: StartModelServer) -> None:
    server = vendor_server()
    printed = shell.run("%%stream openai\nHi")
    assert "Expected a model: %%stream openai -m MODEL" in printed
    shell.run("%config StreamMagics.openai_model = 'mine'")
    shell.run("%%stream openai\nHi")
    assert [question.model for question in server.questions] == ["mine"]


# -- what comes of it ------------------------------------------------------------


@APIS
def test_everything_of_an_answer_arrives(
    shell: Shell, vendor_server: StartModelServer, api: str
) -> None:
    vendor_server(
        Answer(
            "It is mild.",
            thinking="Where is that?",
            tool_calls=[("weather", {"city": "Oslo"}), ("time", {})],
            input_tokens=20,
            cached_tokens=5,
        )
    )
    printed = shell.run(f"%%stream openai:small -n s --api {api}\nHow is it?")
    s = shell["s"]
    assert s.text == "It is mild."
    assert [(c["name"], c["arguments"]) for c in s.tool_calls] == [
        ("weather", {"city": "Oslo"}),
        ("time", {}),
    ]
    assert s.state == "finished"
    assert (s.usage.input_tokens, s.usage.cached_tokens) == (20, 5)
    assert s.usage.output_tokens > 5 and not s.usage.estimated
    assert s.label == "openai:small"
    assert "Where is that?" in printed


@pytest.mark.anyio
async def test_tokens_without_usage_are_estimated_the_same_each_time(
    sse_server: Any,
) -> None:
    """Some servers do not send an answer's usage: then its length decides, not the time
    of reading."""
    words = [
        nbstream.ServerSentEvent(
            data='{"choices":[{"index":0,"delta":{"content":"four"}}]}'
        )
    ] * 25
    server = sse_server(events(*words, nbstream.ServerSentEvent(data="[DONE]")))
    access = Access(base_url=server.origin)
    stream = await nbstream.ask("openai:llama", "Hi", access=access)
    assert stream.usage is not None
    assert (stream.usage.output_tokens, stream.usage.estimated) == (25, True)


@pytest.mark.anyio
async def test_the_estimate_keeps_up_with_a_burst(
    vendor_server: StartModelServer,
) -> None:
    """After a burst nothing may arrive for long, and the meter stays the same."""
    server = vendor_server(Answer("four " * 25, pause=Gate("go", 25)))
    stream = nbstream.ask("openai:small", "Hi")
    async for _ in stream:
        if stream.text.count("four") == 25:
            break
    assert stream.usage is not None
    assert stream.usage.output_tokens is not None
    assert stream.usage.estimated and stream.usage.output_tokens > 12
    server.signal("go")
    await stream
    assert not stream.usage.estimated
