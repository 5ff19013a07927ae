"""Following the streams of SDKs: each chunk is read by the dialects, and the end of the
stream closes the SDK's connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pandas as pd
import pytest
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, BadRequestError, OpenAI

import nbstream
from nbstream.testing import Answer, Gate, ModelServer, StartModelServer

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_vendor")]

Start = Callable[[ModelServer, bool], Any]

ANSWER = Answer("The tide turns at noon.", thinking="Let me see.", input_tokens=20)
MESSAGES: Any = [{"role": "user", "content": "When?"}]


def openai_of(server: ModelServer, asynchronous: bool) -> Any:
    kind = AsyncOpenAI if asynchronous else OpenAI
    return kind(base_url=server.openai_base_url, api_key="any", max_retries=0)


def anthropic_of(server: ModelServer, asynchronous: bool) -> Any:
    kind = AsyncAnthropic if asynchronous else Anthropic
    return kind(base_url=server.anthropic_base_url, api_key="any", max_retries=0)


def chat(server: ModelServer, asynchronous: bool) -> Any:
    return openai_of(server, asynchronous).chat.completions.create(
        model="m",
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
    )


def chat_helper(server: ModelServer, asynchronous: bool) -> Any:
    return openai_of(server, asynchronous).chat.completions.stream(
        model="m", messages=MESSAGES
    )


def responses(server: ModelServer, asynchronous: bool) -> Any:
    return openai_of(server, asynchronous).responses.create(
        model="m", input="When?", stream=True
    )


def messages(server: ModelServer, asynchronous: bool) -> Any:
    return anthropic_of(server, asynchronous).messages.create(
        model="m", max_tokens=99, messages=MESSAGES, stream=True
    )


def messages_helper(server: ModelServer, asynchronous: bool) -> Any:
    return anthropic_of(server, asynchronous).messages.stream(
        model="m", max_tokens=99, messages=MESSAGES
    )


BOTH = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
STREAMS = pytest.mark.parametrize(
    ("start", "dialect"),
    [
        (chat, "openai"),
        (responses, "openai"),
        (messages, "anthropic"),
        (messages_helper, "anthropic"),
    ],
)


@BOTH
@STREAMS
async def test_an_answer_is_shown_as_one(
    model_server: StartModelServer, start: Start, dialect: str, asynchronous: bool
) -> None:
    """The return value of the call is followed: a stream or, of an async client, an
    object to await or enter first."""
    server = model_server(ANSWER)
    origin = await asyncio.to_thread(start, server, asynchronous)
    stream = await nbstream.stream(origin, dialect=dialect)
    assert stream.text == "The tide turns at noon."
    assert stream.stop_reason in ("stop", "completed", "end_turn")
    assert stream.usage is not None
    assert stream.usage.input_tokens == 20


@BOTH
@pytest.mark.parametrize("start", [chat_helper, messages_helper])
async def test_a_helper_is_entered_and_does_not_repeat_the_answer_in_each_event(
    model_server: StartModelServer, start: Start, asynchronous: bool
) -> None:
    """Its events are shown; those that repeat the whole answer are read without it."""
    server = model_server(Answer("word " * 80))
    origin = await asyncio.to_thread(start, server, asynchronous)
    stream = nbstream.stream(origin)
    events = [event async for event in stream.events()]
    assert {event.event for event in events} == {"item"}
    snapshots = [event.json() for event in events if "snapshot" in event.json()]
    assert len(snapshots) >= 80
    assert all(event["snapshot"] is None for event in snapshots)


@BOTH
@pytest.mark.parametrize("start", [chat, chat_helper, messages, messages_helper])
async def test_cancel_closes_the_connection(
    model_server: StartModelServer, start: Start, asynchronous: bool
) -> None:
    """Of an async client at once; in a thread, at the next chunk."""
    gates = [Gate("first", after=2), *[Gate(f"g{n}", after=n) for n in range(4, 40)]]
    server = model_server(Answer("word " * 60, pause=gates))
    server.signal("first")
    origin = await asyncio.to_thread(start, server, asynchronous)
    stream = nbstream.stream(origin)
    async for _ in stream.events():
        if stream.events_received >= 2:
            break
    stream.cancel()
    await stream
    if stream.state == "stopping":  # its thread is already waiting for a chunk
        assert not asynchronous
        assert not server.connections[0].left, "a thread cannot be stopped from outside"
        server.signal("g4")
    await server.until(lambda: server.connections[0].left)


async def test_an_sdks_error_fails_the_stream_with_its_message(
    model_server: StartModelServer,
) -> None:
    client = openai_of(model_server(ANSWER), True)
    stream = nbstream.stream(
        client.chat.completions.create(model="", messages=[], stream=True)
    )
    with pytest.raises(BadRequestError, match="model"):
        await stream
    assert stream.state == "failed"


# -- the same of anything that is made like it ----------------------------------------


async def test_a_context_manager_is_entered_and_left() -> None:
    steps: list[str] = []

    @contextmanager
    def plain() -> Iterator[list[str]]:
        steps.append("entered")
        try:
            yield ["a", "b"]
        finally:
            steps.append("left")

    @asynccontextmanager
    async def asynchronous() -> AsyncIterator[AsyncIterator[str]]:
        async def items() -> AsyncIterator[str]:
            try:
                yield "a"
                await asyncio.Event().wait()
            finally:
                steps.append("closed")

        steps.append("entered")
        try:
            yield items()
        finally:
            await asyncio.sleep(0)  # leaving may take several turns of the loop
            steps.append("left")

    stream = await nbstream.stream(plain())
    assert (stream.text, steps) == ("ab", ["entered", "left"])
    steps.clear()
    cancelled = nbstream.stream(asynchronous())
    async for _ in cancelled:
        cancelled.cancel()
    assert (cancelled.text, steps) == ("a", ["entered", "closed", "left"])


async def test_a_manager_without_an_iterable_is_reported() -> None:
    with pytest.raises(TypeError, match="something to iterate from `with` lock"):
        await nbstream.stream(threading.Lock())
    with pytest.raises(TypeError, match="something to iterate from `async with` Lock"):
        await nbstream.stream(asyncio.Lock())


async def test_the_result_of_an_awaitable_is_followed() -> None:
    async def load() -> pd.DataFrame:
        return pd.DataFrame({"a": [1, 2]})

    stream = await nbstream.stream(load())
    assert stream.events_received == 2


async def test_an_exhausted_iterable_is_not_closed() -> None:
    """A list of chunks may be read again; an unfinished iterable is closed."""

    class Chunks:
        closed = 0

        def __iter__(self) -> Iterator[str]:
            yield from ("a", "b")

        def close(self) -> None:
            self.closed += 1

    class Endless(Chunks):
        def __iter__(self) -> Iterator[str]:
            while True:
                yield "x"

    whole, endless = Chunks(), Endless()
    assert (await nbstream.stream(whole)).text == "ab"
    assert whole.closed == 0
    stream = nbstream.stream(endless)
    async for _ in stream:
        stream.cancel()
    for thread in threading.enumerate():
        if thread.name == "nbstream Endless":
            await asyncio.to_thread(thread.join)
    assert endless.closed == 1
