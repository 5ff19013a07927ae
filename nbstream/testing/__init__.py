r"""Servers, responses and a clock for tests of code that reads event streams.

Without a socket, a response for `httpx.MockTransport`:

    response = mock_sse_response([b"data: one\n\n", b"data: two\n\n"])
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response))

With one, a real server on loopback that runs the test's script, faults included. A
script handles one connection:

    async def script(connection):
        await connection.send("id: 1\ndata: one\n\n", "id: 2\nda")
        await connection.reset()

    with SSEServer(script) as server:
        ...  # server.url, server.connections, server.wait_for(...)

`answers`, `events`, `status`, `redirect` and `numbered_events` make common scripts.

`LoopClock` moves the event loop's clock past a backoff or an idle timeout. `QUICK` is
a `Backoff` of a millisecond, for a loop that the test does not own, such as a cell's:

    with LoopClock() as clock:
        await clock.advance(45)

A notebook that asks a model is tested without a key against a server that implements
Anthropic's Messages and OpenAI's Chat Completions and Responses:

    with ModelServer(Answer("Hello")) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        ...  # run the notebook
        assert server.questions[0].prompt == "Say hello."

An answer can have reasoning, tool calls and citations, be slow (`Pace`), or wait for
the test (`Gate`). A reply can also be a refusal (`Overloaded`, `RateLimited`,
`Unauthorized`, `NotFound`, …), an answer that breaks off (`FailsMidStream`, `Drops`,
`Stalls`), or a function of the question:

    ModelServer(RateLimited(retry_after=2), lambda question: Answer(question.prompt))

In pytest, `pytest_plugins = ["nbstream.testing.plugin"]` gives the fixtures
`sse_server` and `model_server`, whose types are `StartSSEServer` and
`StartModelServer`. Importing this package imports neither pytest nor
any vendor's SDK.
"""

from ..updates import Citation
from .connection import Connection, ReceivedRequest
from .loop_clock import LoopClock
from .mock import mock_sse_response
from .model_server import (
    Answer,
    BadRequest,
    Drops,
    FailsMidStream,
    Forbidden,
    Gate,
    Missing,
    ModelServer,
    NotFound,
    Overloaded,
    Pace,
    Question,
    RateLimited,
    ServerError,
    Stalls,
    StartModelServer,
    Unauthorized,
)
from .script import (
    QUICK,
    Fault,
    Script,
    answers,
    events,
    numbered_blocks,
    numbered_events,
    redirect,
    status,
)
from .server import SSEServer, StartSSEServer

__all__ = [
    "QUICK",
    "Answer",
    "BadRequest",
    "Citation",
    "Connection",
    "Drops",
    "FailsMidStream",
    "Fault",
    "Forbidden",
    "Gate",
    "LoopClock",
    "Missing",
    "ModelServer",
    "NotFound",
    "Overloaded",
    "Pace",
    "Question",
    "RateLimited",
    "ReceivedRequest",
    "SSEServer",
    "Script",
    "ServerError",
    "Stalls",
    "StartModelServer",
    "StartSSEServer",
    "Unauthorized",
    "answers",
    "events",
    "mock_sse_response",
    "numbered_blocks",
    "numbered_events",
    "redirect",
    "status",
]
