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

A notebook that asks a model is tested without a key against a server that speaks the
Messages of Anthropic, and the Chat Completions and the Responses of OpenAI:

    with ModelServer(Answer("Hello")) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_base_url)
        ...  # run the notebook
        assert server.questions[0].prompt == "Say hello."

An answer can think, call tools, cite, be slow (`Pace`), or wait for the test
(`Gate`). Instead of one there may come a refusal (`Overloaded`, `RateLimited`,
`Unauthorized`, `NotFound`, …) or an answer that ends badly (`FailsMidStream`, `Drops`,
`Stalls`), or a function may look at the question first:

    ModelServer(RateLimited(retry_after=2), lambda question: Answer(question.prompt))

In pytest, `pytest_plugins = ["nbstream.testing.plugin"]` gives the fixtures
`sse_server` and `model_server`. Importing this package imports neither pytest nor
any vendor's SDK.
"""

from ..updates import Citation
from .connection import Connection, ReceivedRequest
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
    Unauthorized,
)
from .script import (
    Fault,
    Script,
    answers,
    events,
    numbered_blocks,
    numbered_events,
    redirect,
    status,
)
from .server import SSEServer

__all__ = [
    "Answer",
    "BadRequest",
    "Citation",
    "Connection",
    "Drops",
    "FailsMidStream",
    "Fault",
    "Forbidden",
    "Gate",
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
    "Unauthorized",
    "answers",
    "events",
    "mock_sse_response",
    "numbered_blocks",
    "numbered_events",
    "redirect",
    "status",
]
