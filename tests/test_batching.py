"""Batching the messages of several panels in one post."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from nbstream.display.widget.batching import Batch, MessageBatcher

pytestmark = pytest.mark.anyio


async def test_messages_due_together_are_sent_together() -> None:
    posts: asyncio.Queue[Batch] = asyncio.Queue()
    batcher = MessageBatcher(posts.put_nowait)
    batcher.put("a", {"seq": 1})
    batcher.put("b", {"seq": 1})
    assert not batcher.empty
    assert await posts.get() == [("a", {"seq": 1}), ("b", {"seq": 1})]
    assert batcher.empty


async def test_each_panel_gets_its_messages_in_order() -> None:
    posts: asyncio.Queue[Batch] = asyncio.Queue()
    batcher = MessageBatcher(posts.put_nowait)
    for seq in range(5):
        batcher.put("a", {"seq": seq})
        if seq % 2:
            await asyncio.sleep(0)
    got = await posts.get()
    assert [message["seq"] for _, message in got] == [0, 1, 2, 3, 4]


async def test_streams_in_threads_have_separate_posts() -> None:
    """A loop in a thread must not send the messages of another's."""
    posts: asyncio.Queue[Batch] = asyncio.Queue()
    here = asyncio.get_running_loop()

    def send(post: Batch) -> None:
        here.call_soon_threadsafe(posts.put_nowait, post)

    batcher = MessageBatcher(send)

    async def in_another_loop() -> None:
        assert batcher.empty
        batcher.put("b", {})
        while not batcher.empty:
            await asyncio.sleep(0)

    batcher.put("a", {})
    await asyncio.to_thread(asyncio.run, in_another_loop())
    assert sorted([await posts.get(), await posts.get()]) == [[("a", {})], [("b", {})]]


async def test_a_loop_that_was_closed_leaves_nothing_waiting() -> None:
    """A subshell's loop may end before its batch was sent."""
    sent = asyncio.Event()
    batcher = MessageBatcher(lambda post: sent.set())

    async def in_another_loop() -> weakref.ref[asyncio.AbstractEventLoop]:
        batcher.put("b", {})
        return weakref.ref(asyncio.get_running_loop())

    loop = await asyncio.to_thread(asyncio.run, in_another_loop())
    batcher.put("a", {})
    await sent.wait()
    gc.collect()
    assert loop() is None
