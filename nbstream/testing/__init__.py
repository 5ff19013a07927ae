r"""For tests of code that reads event streams: yours, and nbstream's own.

Without a socket, an answer for `httpx.MockTransport`:

    response = mock_sse_response([b"data: one\n\n", b"data: two\n\n"])
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response))

With one, a real server on loopback that does exactly what the test says, faults
included. A script is what happens on one connection:

    async def script(connection):
        await connection.send("id: 1\ndata: one\n\n", "id: 2\nda")
        await connection.reset()

    with SSEServer(script) as server:
        ...  # server.url, server.connections, server.wait_for(...)

`answers`, `events`, `status`, `redirect` and `numbered_events` are scripts that are
often wanted.

Nothing has to be waited for by the clock: `LoopClock` moves that of the event loop,
past a backoff or an idle timeout; `QUICK` is a `Backoff` of a millisecond, for where
the clock is not at hand, as in a cell:

    with LoopClock() as clock:
        await clock.advance(45)

A notebook that asks a model is tested without a key against a server that speaks the
Messages of Anthropic, and the Chat Completions and the Responses of OpenAI:

    with ModelServer(Answer("Hello")) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        ...  # run the notebook
        assert server.questions[0].prompt == "Say hello."

An answer can think, call tools, cite, be slow (`Pace`), or wait for the test
(`Gate`). Instead of one there may come a refusal (`Overloaded`, `RateLimited`,
`Unauthorized`, `NotFound`, …) or an answer that ends badly (`FailsMidStream`, `Drops`,
`Stalls`), or a function may look at the question first:

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
