"""`%%stream claude`: the request sent through the SDK, and the resulting stream."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import anthropic
import psutil
import pydantic
import pytest

import nbstream
from nbstream.testing import Answer, Stalls, StartModelServer
from nbstream.updates import Citation

from .ipython_shell import Shell


class City(pydantic.BaseModel):
    """A schema for an answer."""

    name: str
    country: str = "Norway"


# -- the request -----------------------------------------------------------------


def test_the_bare_question(shell: Shell, vendor_server: StartModelServer) -> None:
    server = vendor_server()
    assert "Fine." in shell.run("%%stream claude\nHow are you?\n")
    (question,) = server.questions
    assert question.body == {
        "model": "claude-sonnet-5-5",
        "messages": [{"role": "user", "content": "How are you?"}],
        "max_tokens": 8192,
        "stream": True,
    }
    assert question.key == "key-of-the-test"


@pytest.mark.parametrize(
    ("options", "field", "sent"),
    [
        ("-m claude-b", "model", "claude-b"),
        ("--system 'Be brief, {who}.'", "system", "Be brief, Ada."),
        ("--max-tokens 7", "max_tokens", 7),
        ("--temperature 0.5", "temperature", 0.5),
        ("--thinking 2048", "thinking", {"type": "enabled", "budget_tokens": 2048}),
        ("--thinking 2048", "max_tokens", 8192 + 2048),
        ("--thinking 2048 --max-tokens 3000", "max_tokens", 3000),
        ("--param top_k=5", "top_k", 5),
        ("--param metadata.user_id=ada", "metadata", {"user_id": "ada"}),
        ('--param stop_sequences=["a","b"]', "stop_sequences", ["a", "b"]),
        ("--param a.b=1 --param a.c=x", "a", {"b": 1, "c": "x"}),
        ("--temperature 1 --param temperature=null", "temperature", None),
        (
            "--thinking 9 --param thinking.budget_tokens=99",
            "thinking.budget_tokens",
            99,
        ),
        ("--thinking 9 --param thinking.type=null", "thinking", {"budget_tokens": 9}),
        ("--param a=null --param a=1", "a", 1),
        ("--param a.b=null", "a", {}),
    ],
)
def test_each_option(
    shell: Shell, vendor_server: StartModelServer, options: str, field: str, sent: Any
) -> None:
    server = vendor_server()
    shell.ip.user_ns["who"] = "Ada"
    shell.run(f"%%stream claude {options}\nHow are you?")
    found: Any = server.questions[0].body
    for name in field.split("."):
        found = found.get(name)
    assert found == sent
    assert (sent is None) == (
        field not in server.questions[0].body and "." not in field
    )


@pytest.mark.parametrize("name", ["schema", "City"])
def test_a_schema(shell: Shell, vendor_server: StartModelServer, name: str) -> None:
    """As a dict or a pydantic model, it is sent closed, and the answer is returned as
    an instance."""
    server = vendor_server(Answer('{"name": "Oslo", "country": "Norway"}'))
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "country": {"type": "string"}},
        "required": ["name"],
    }
    shell.ip.user_ns |= {"schema": schema, "City": City}
    shell.run(f"%%stream claude -n s --json-schema {name}\nWhich city?")
    form = server.questions[0].body["output_config"]["format"]
    assert form["type"] == "json_schema"
    assert form["schema"]["required"] == ["name"]
    assert set(form["schema"]["properties"]) == {"name", "country"}
    assert form["schema"]["additionalProperties"] is False
    expected = {"name": "Oslo", "country": "Norway"}
    assert shell["s"].json() == (City(**expected) if name == "City" else expected)


def test_the_default_model_is_configured(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    server = vendor_server()
    shell.run("%config StreamMagics.claude_model = 'claude-mine'")
    shell.run("%%stream claude\nHi")
    shell.run("%%stream claude:claude-c\nHi")
    shell.run("%%stream claude: -m claude-d\nHi")
    models = [question.model for question in server.questions]
    assert models == ["claude-mine", "claude-c", "claude-d"]


def test_another_address_and_another_key(
    shell: Shell,
    vendor_server: StartModelServer,
    model_server: StartModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For both, the line has priority over the environment."""
    theirs, ours = vendor_server(), model_server(Answer("Ours."))
    monkeypatch.setenv("OTHER_KEY", "another-key")
    shell.ip.user_ns["there"] = ours.anthropic_base_url
    printed = shell.run(
        "%%stream claude --base-url {there}/ --key-env OTHER_KEY\nHello"
    )
    assert "Ours." in printed
    assert ours.questions[0].key == "another-key"
    assert not theirs.questions


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%stream claude\n \n", "Expected the prompt as the cell's body"),
        ("%stream claude", "Expected the prompt as the cell's body"),
        ("%%stream claude --json-schema nowhere\nHi", "variable with a schema"),
        ("%%stream claude --json-schema who\nHi", "Expected who to be a JSON schema"),
        ("%%stream claude --param x\nHi", "invalid param value"),
        ("%%stream claude --max-tokens 0\nHi", "invalid count value"),
        ("%%stream claude --api chat\nHi", "Only openai takes --api"),
        ("%%stream claude -H 'A: b'\nHi", "Only a URL takes -H"),
        ("%%stream http://h -m x\nHi", "Only a model, such as claude, takes -m"),
        ("%%stream claude --key-env NO_SUCH\nHi", "environment variable NO_SUCH"),
    ],
)
def test_mistakes_are_reported_before_anything_is_sent(
    shell: Shell, vendor_server: StartModelServer, cell: str, expected: str
) -> None:
    server = vendor_server()
    shell.ip.user_ns["who"] = 5
    printed = shell.run(cell)
    assert expected in printed
    assert printed.startswith("UsageError: ")
    assert not server.questions


# -- the result ------------------------------------------------------------------


def test_everything_of_an_answer_arrives(
    shell: Shell, vendor_server: StartModelServer
) -> None:
    vendor_server(
        Answer(
            "It is mild in Oslo.",
            thinking="Where is that?",
            tool_calls=[("weather", {"city": "Oslo"}), ("time", {})],
            citations=[Citation("Oslo", "https://example.com/oslo", "mild")],
            input_tokens=20,
            cached_tokens=5,
        )
    )
    printed = shell.run("%%stream claude -n s\nHow is it in Oslo?")
    s = shell["s"]
    assert s.text == "It is mild in Oslo."
    assert [(c["name"], c["arguments"]) for c in s.tool_calls] == [
        ("weather", {"city": "Oslo"}),
        ("time", {}),
    ]
    assert s.stop_reason == "tool_use"
    assert (s.usage.input_tokens, s.usage.cached_tokens) == (20, 5)
    assert s.usage.output_tokens > 5 and not s.usage.estimated
    assert s.messages[-1] == {"role": "assistant", "content": s.text}
    assert s.label == "claude:claude-sonnet-5-5"
    for shown in (
        "Where is that?",
        "weather",
        "https://example.com/oslo",
        "20 in, 5 of them cached",
    ):
        assert shown in printed


# -- how it ends -----------------------------------------------------------------


@pytest.mark.anyio
async def test_cancel_is_seen_by_the_server(vendor_server: StartModelServer) -> None:
    server = vendor_server(Stalls(2))
    stream = nbstream.ask("claude", "Hi")
    async for _ in stream:
        if stream.text == "This answer":  # its words may arrive one by one
            break
    stream.cancel()
    await stream.wait()
    await server.until(lambda: server.questions[0].connection.left)
    assert stream.state == "cancelled"
    assert stream.text == "This answer"
    assert stream.usage is not None and stream.usage.estimated


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["finished", "cancelled", "failed"])
async def test_nothing_of_the_sdk_is_left(
    vendor_server: StartModelServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """No client, no socket, no task, and no warning of one that was not closed."""
    clients: list[Any] = []

    class Kept(anthropic.DefaultAsyncHttpxClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            clients.append(self)

    monkeypatch.setattr(anthropic, "DefaultAsyncHttpxClient", Kept)
    server = vendor_server(Answer("Fine.") if how != "cancelled" else Stalls(1))
    if how == "failed":
        server.refuse()
    before = asyncio.all_tasks()
    stream = nbstream.ask("claude", "Hi", access=nbstream.Access(retries=0))
    if how == "cancelled":
        await server.until(lambda: server.questions)
        stream.cancel()
    await stream.wait()
    assert stream.state == how
    await asyncio.sleep(0)  # the task that ended is still current in its callbacks
    assert asyncio.all_tasks() == before
    assert [client.is_closed for client in clients] == [True]
    open_to_it = [
        connection
        for connection in psutil.Process().net_connections("tcp")
        if connection.raddr and server.origin.endswith(f":{connection.raddr.port}")
    ]
    assert not open_to_it
    gc.collect()  # warnings are errors here


def test_a_recording_plays_back_without_a_key(
    shell: Shell,
    vendor_server: StartModelServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vendor_server(Answer("Kept.", thinking="Hm."))
    shell.ip.user_ns["file"] = tmp_path / "run.jsonl"
    first = shell.run("%%stream claude --record {file}\nHi")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert shell.run("%stream replay:{file} --speed instant") == first
    head = json.loads((tmp_path / "run.jsonl").read_text().splitlines()[0])
    assert head["source"] == "claude:claude-sonnet-5-5"
