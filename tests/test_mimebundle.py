"""A stream's mimebundle: its output in a notebook, for other programs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import nbstream
from nbstream.display.snapshot import bundle
from nbstream.models import Access, Comparison
from nbstream.testing import Answer, StartModelServer

pytestmark = pytest.mark.anyio

KINDS = ["text/plain", "text/markdown", "text/html"]


async def test_it_has_the_content_so_far_and_at_the_end_the_frozen_output() -> None:
    may_go = asyncio.Event()

    async def job() -> AsyncIterator[Any]:
        yield "**half** "
        await may_go.wait()
        yield {"type": "progress", "current": 1, "total": 2}

    stream = nbstream.stream(job())
    assert list(stream.mimebundle()) == KINDS
    assert stream.mimebundle()["text/plain"] == "", "nothing has come"
    async for _ in stream:
        break
    running = stream.mimebundle()
    assert running["text/markdown"] == "**half** "
    assert "<strong>half</strong>" in running["text/html"]
    assert "Cancelled" not in running["text/plain"]
    may_go.set()
    await stream
    assert stream.mimebundle() == bundle(stream)[0]
    assert "50" in stream.mimebundle()["text/plain"]


async def test_an_end_that_the_content_does_not_show_is_a_separate_line() -> None:
    empty = await nbstream.stream([])
    assert empty.mimebundle()["text/markdown"] == (
        "*The stream finished without any content*"
    )

    async def endless() -> AsyncIterator[str]:
        yield "so far"
        await asyncio.Event().wait()

    cancelled = nbstream.stream(endless())
    async for _ in cancelled:
        cancelled.cancel()
    assert cancelled.mimebundle()["text/plain"] == "so far\n[Cancelled]"


async def test_it_can_be_read_in_another_thread_while_the_stream_is_busy() -> None:
    """Rows are added and dropped while they are written out."""

    def job() -> Iterator[Any]:
        yield from ({"n": number} for number in range(1_000))

    failures: list[BaseException] = []

    def read() -> None:
        try:
            while not stream.done:
                stream.mimebundle()
        except BaseException as error:
            failures.append(error)

    stream = nbstream.stream(job(), limits=nbstream.Limits(rows=100))
    reader = threading.Thread(target=read)
    reader.start()
    await stream
    await asyncio.to_thread(reader.join)
    assert failures == []


@pytest.mark.usefixtures("no_vendor")
async def test_a_comparison_has_all_side_by_side(
    model_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = model_server(Answer("Yes."), Answer("No."))
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    access = Access(base_url=server.openai_base_url)
    models = ("openai:a", "openai:b")
    both = Comparison([nbstream.ask(m, "Is it?", access=access) for m in models])
    await both
    found = both.mimebundle()
    assert list(found) == KINDS
    for name, stream in zip(models, both, strict=True):
        assert f"{name}\n{stream.text}" in found["text/plain"]
        assert stream.mimebundle()["text/html"] in found["text/html"]
