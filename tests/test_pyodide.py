"""Pyodide, the Python of JupyterLite: no threads, no sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .pyodide import Pyodide

# Pyodide is downloaded once: 5 MB.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def pyodide() -> Iterator[Pyodide]:
    started = Pyodide()
    started.run("import asyncio, nbstream")
    yield started
    started.close()


def test_an_async_iterator(pyodide: Pyodide) -> None:
    code = """
        async def words():
            for word in ("one ", "two"):
                yield {"type": "content", "data": word}
                await asyncio.sleep(0.01)

        s = nbstream.stream(words())
        await s
        s.state, s.text, s.mimebundle()["text/plain"]
    """
    assert pyodide.run(code).value == ["finished", "one two", "one two"]


def test_a_plain_iterator_leaves_turns_to_the_event_loop(pyodide: Pyodide) -> None:
    """It runs in the loop. Between two of its items other tasks run."""
    code = """
        turns = []

        async def other():
            while True:
                turns.append("other")
                await asyncio.sleep(0)

        def words():
            for word in ("one ", "two ", "three"):
                turns.append("item")
                yield {"type": "content", "data": word}

        task = asyncio.ensure_future(other())
        s = nbstream.stream(words())
        await s
        task.cancel()
        items = [n for n, turn in enumerate(turns) if turn == "item"]
        between = [turns[a + 1 : b].count("other") for a, b in zip(items, items[1:])]
        s.state, s.text, all(between), len(between)
    """
    assert pyodide.run(code).value == ["finished", "one two three", True, 2]


def test_a_plain_iterator_is_cancelled_at_its_next_item(pyodide: Pyodide) -> None:
    code = """
        closed = []

        def endless():
            try:
                while True:
                    yield {"type": "content", "data": "x"}
            finally:
                closed.append(True)

        s = nbstream.stream(endless())
        async for update in s:
            s.cancel()
        await s.wait()
        s.state, closed, s.text[0]
    """
    assert pyodide.run(code).value == ["cancelled", [True], "x"]


def test_the_error_of_a_plain_iterator(pyodide: Pyodide) -> None:
    code = """
        def failing():
            yield {"type": "content", "data": "kept"}
            raise ValueError("it broke")

        s = nbstream.stream(failing())
        await s.wait()
        s.state, s.text, repr(s.error)
    """
    assert pyodide.run(code).value == ["failed", "kept", "ValueError('it broke')"]


def test_a_recording_is_written_and_replayed(pyodide: Pyodide) -> None:
    code = """
        s = nbstream.stream(["one ", "two"], record="/tmp/run.sse.jsonl")
        await s
        again = nbstream.stream("replay:/tmp/run.sse.jsonl")
        await again
        s.text, again.state, again.text
    """
    text, state, again = pyodide.run(code).value
    assert (state, again) == ("finished", text)
    assert "one" in text


def test_a_url_fails_in_plain_words(pyodide: Pyodide) -> None:
    code = """
        s = nbstream.stream("http://127.0.0.1:1/events")
        await s.wait()
        s.state, type(s.error).__name__, str(s.error)
    """
    state, kind, message = pyodide.run(code).value
    assert (state, kind) == ("failed", "ConnectionFailed")
    assert message == (
        "GET http://127.0.0.1:1/events: Python in a browser (Pyodide) has no sockets, "
        "and nbstream cannot use the browser's fetch yet. nbstream.stream(URL, "
        "client=…) takes an httpx.AsyncClient with a transport of your own."
    )


@pytest.mark.parametrize("model", ["claude", "openai:small"])
def test_a_model_fails_in_plain_words(pyodide: Pyodide, model: str) -> None:
    """Without the vendor's SDK, which has compiled parts."""
    code = f"""
        access = nbstream.Access(base_url="http://127.0.0.1:1/", key_env="KEY")
        import os
        os.environ["KEY"] = "secret-key"
        s = nbstream.ask("{model}", "Hello?", access=access)
        await s.wait()
        s.state, str(s.error)
    """
    state, message = pyodide.run(code).value
    assert state == "failed"
    assert "Python in a browser (Pyodide) has no sockets" in message


def test_a_url_with_a_client_of_ones_own(pyodide: Pyodide) -> None:
    code = """
        import httpx
        from nbstream.testing import mock_sse_response

        answer = mock_sse_response([b"data: one\\n\\n", b"data: two\\n\\n"])
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
        s = nbstream.stream("http://host/events", client=client)
        await s
        s.state, s.events_received
    """
    assert pyodide.run(code).value == ["finished", 2]


@pytest.mark.parametrize("wait", ["", "await asyncio.sleep(0)"])
def test_the_body_of_a_cell(pyodide: Pyodide, wait: str) -> None:
    """Plain, and with an await of its own."""
    code = f"""
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance()
        shell.run_line_magic("load_ext", "nbstream")
        cell = '''%%stream -n job
        import asyncio
        for number in range(3):
            {wait}
            yield f"line {{number}}"'''
        await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell))
        job = shell.user_ns["job"]
        shell.run_line_magic("unload_ext", "nbstream")
        job.state, job.events_received
    """
    outcome = pyodide.run(code)
    assert outcome.value == ["finished", 3]
    assert "line 2" in outcome.printed
