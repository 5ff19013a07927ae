"""Tracebacks outside of a shell: in a script, in a stage, and of a cancelled wait."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest

import nbstream
from nbstream.models import Message, ModelRequest, ModelStream, Schema
from nbstream.sources import source_of
from nbstream.streams.handle import Stream
from nbstream.streams.pipeline import Stage

from .ipython_shell import PACKAGE

pytestmark = pytest.mark.slow


def formatted(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


async def failing() -> Any:
    yield "so far"
    raise ZeroDivisionError


@pytest.mark.anyio
async def test_in_a_script_too() -> None:
    stream = nbstream.stream(failing())
    with pytest.raises(ZeroDivisionError) as caught:
        await stream
    shown = formatted(caught.value)
    assert "await stream" in shown
    assert "raise ZeroDivisionError" in shown
    assert PACKAGE not in shown


@pytest.mark.anyio
async def test_a_stage_that_raises_each_time() -> None:
    class Faulty(Stage):
        def process(self, updates: Any) -> Any:
            raise ZeroDivisionError("in the stage")

    async def one() -> Any:
        yield "so far"

    stream = Stream(source_of(one()), dialect="auto", stages=[Faulty()])
    with pytest.raises(ZeroDivisionError) as caught:
        await stream
    shown = formatted(caught.value)
    assert 'raise ZeroDivisionError("in the stage")' in shown
    assert PACKAGE not in shown


@pytest.mark.anyio
async def test_a_cancelled_wait_shows_where_the_user_waited() -> None:
    async def endless() -> Any:
        yield "begun"
        await asyncio.Event().wait()

    async def wait() -> None:
        await nbstream.stream(endless())

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    shown = formatted(caught.value)
    assert "await nbstream.stream(endless())" in shown
    assert PACKAGE not in shown


@pytest.mark.anyio
async def test_a_validator_of_a_schema_that_raises() -> None:
    class Answer:
        @staticmethod
        def model_json_schema() -> dict[str, Any]:
            return {"type": "object"}

        @staticmethod
        def model_validate_json(text: str) -> Any:
            raise ZeroDivisionError("in the validator")

    async def answer() -> Any:
        yield '{"a": 1}'

    message = Message(role="user", content="Hi")
    question = ModelRequest("m", (message,), schema=Schema(Answer))
    stream = await ModelStream(question, source_of(answer()))
    with pytest.raises(ZeroDivisionError) as caught:
        stream.json()
    shown = formatted(caught.value)
    assert "stream.json()" in shown
    assert 'raise ZeroDivisionError("in the validator")' in shown
    assert PACKAGE not in shown
