"""Asking a model from Python."""

from __future__ import annotations

import pytest

import nbstream
from nbstream.testing import Answer, ModelServer

KEY = "NBSTREAM_TEST_KEY"


def access(server: ModelServer, vendor: str) -> nbstream.Access:
    urls = {"claude": server.anthropic_base_url, "openai": server.openai_base_url}
    return nbstream.Access(base_url=urls[vendor], key_env=KEY)


@pytest.mark.anyio
@pytest.mark.parametrize("vendor", ["claude", "openai"])
async def test_an_answer_is_a_stream_with_results(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same question to either vendor gives the same kind of handle."""
    monkeypatch.setenv(KEY, "any")
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    with ModelServer(Answer('{"city": "Oslo"}')) as server:
        answer = await nbstream.ask(
            f"{vendor}:small",
            "Which city?",
            system="Be brief.",
            schema=schema,
            access=access(server, vendor),
        )
        (question,) = server.questions
    assert question.model == "small"
    assert question.system == "Be brief."
    assert answer.json() == {"city": "Oslo"}
    assert answer.messages == [
        {"role": "user", "content": "Which city?"},
        {"role": "assistant", "content": '{"city": "Oslo"}'},
    ]


@pytest.mark.anyio
async def test_a_conversation_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of one answer begin the next question, to either vendor."""
    monkeypatch.setenv(KEY, "any")
    with ModelServer(Answer("One"), Answer("Two")) as server:
        first = await nbstream.ask("claude", "1?", access=access(server, "claude"))
        await nbstream.ask(
            "openai:b",
            [*first.messages, {"role": "user", "content": "2?"}],
            access=access(server, "openai"),
        )
        assert server.questions[1].body["messages"] == [
            {"role": "user", "content": "1?"},
            {"role": "assistant", "content": "One"},
            {"role": "user", "content": "2?"},
        ]


@pytest.mark.parametrize("model", ["gpt", "openai", "claude://host", ""])
def test_an_unknown_model_is_reported(model: str) -> None:
    with pytest.raises(ValueError, match="Expected claude:MODEL or openai:MODEL"):
        nbstream.ask(model, "?")
