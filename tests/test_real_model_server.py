"""Our dialects and the client, with a real model server that is not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from nbstream.dialects import dialect_named
from nbstream.errors import ConnectionFailed
from nbstream.sse import EventSource
from nbstream.updates import Failed, Finished, Raw, Stopped, Text, Update, Usage

from . import llama
from .vendor_samples import updates_in

pytestmark = pytest.mark.anyio

PROMPT = [{"role": "user", "content": "What do the sea and the wind say?"}]
ANSWERED = 40  # tokens; the model never stops by itself


class Api(NamedTuple):
    """How a format is requested, and where its fields are in a whole answer."""

    path: str
    ask: dict[str, Any]
    text: Callable[[Any], str]
    usage: tuple[str, str]
    stopped: str


CHAT = Api(
    "/v1/chat/completions",
    {"messages": PROMPT, "max_tokens": ANSWERED},
    lambda whole: whole["choices"][0]["message"]["content"],
    ("prompt_tokens", "completion_tokens"),
    "length",
)
RESPONSES = Api(
    "/v1/responses",
    {"input": PROMPT, "max_output_tokens": ANSWERED},
    lambda whole: whole["output"][0]["content"][0]["text"],
    ("input_tokens", "output_tokens"),
    "completed",  # llama.cpp also sends this for a truncated answer
)
MESSAGES = Api(
    "/v1/messages",
    {"messages": PROMPT, "max_tokens": ANSWERED},
    lambda whole: whole["content"][0]["text"],
    ("input_tokens", "output_tokens"),
    "max_tokens",
)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama.serving(tmp_path_factory.mktemp("llama")) as origin:
        yield origin


def request(api: Api, **more: Any) -> dict[str, Any]:
    return {"model": llama.NAME, "temperature": 0, **api.ask, **more}


async def updates_of(url: str, ask: Any, dialect: str) -> list[Update]:
    """Return the stream's updates, as a cell reads them."""
    reads = dialect_named(dialect)
    async with EventSource(url, method="POST", json=ask) as events:
        return [update async for event in events for update in updates_in(reads, event)]


@pytest.mark.parametrize(
    ("api", "dialect"),
    [
        (CHAT, "openai"),
        (CHAT, "auto"),
        (RESPONSES, "openai"),
        (RESPONSES, "auto"),
        (MESSAGES, "anthropic"),
        (MESSAGES, "auto"),
    ],
    ids=lambda value: value.path if isinstance(value, Api) else value,
)
async def test_a_stream_means_the_same_as_the_whole_answer(
    origin: str, api: Api, dialect: str
) -> None:
    url = origin + api.path
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=request(api))
    whole = answer.raise_for_status().json()

    options = {"stream_options": {"include_usage": True}} if api is CHAT else {}
    updates = await updates_of(url, request(api, stream=True, **options), dialect)

    pieces = [update.text for update in updates if isinstance(update, Text)]
    assert "".join(pieces) == api.text(whole)
    # It was streamed: a piece for each token, some of them beyond ASCII.
    assert len(pieces) == ANSWERED
    assert not "".join(pieces).isascii()
    usages = [update for update in updates if isinstance(update, Usage)]
    inputs = [u.input_tokens for u in usages if u.input_tokens is not None]
    outputs = [u.output_tokens for u in usages if u.output_tokens is not None]
    assert [inputs[-1], outputs[-1]] == [whole["usage"][name] for name in api.usage]
    reasons = [update.reason for update in updates if isinstance(update, Stopped)]
    assert reasons == [api.stopped]
    assert isinstance(updates[-1], Finished)
    assert not [update for update in updates if isinstance(update, Failed)]
    # Its timings are an addition to the format, and kept at most once.
    kept = [update for update in updates if isinstance(update, Raw)]
    assert len(kept) <= 1 and all('"timings"' in update.data for update in kept)


async def test_a_refusal_has_the_servers_message(origin: str) -> None:
    ask = {"model": llama.NAME, "stream": True}
    with pytest.raises(ConnectionFailed, match="'messages' is required"):
        await updates_of(f"{origin}/v1/chat/completions", ask, "openai")


async def test_the_server_stops_working_for_a_reader_who_left(origin: str) -> None:
    """Otherwise the model would generate to the end of its context, for most of a
    minute."""
    endless = request(CHAT, stream=True, max_tokens=llama.CONTEXT)
    async with httpx.AsyncClient() as client:

        async def decoded() -> int | None:
            """Return the number of generated tokens; None once the request is gone."""
            (slot,) = (await client.get(f"{origin}/slots")).json()
            tokens: int = slot["next_token"][0]["n_decoded"]
            return tokens if slot["is_processing"] else None

        url = origin + CHAT.path
        async with EventSource(url, method="POST", json=endless) as events:
            await anext(aiter(events))
            assert await decoded() is not None
        while (tokens := await decoded()) is not None:
            assert tokens < llama.CONTEXT / 4
