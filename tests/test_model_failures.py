"""Failures of an answer: a plain sentence each, the text so far is kept, and nothing is
paid for twice unless the user asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nbstream
from nbstream.models import Access, ModelStream
from nbstream.testing import (
    Answer,
    BadRequest,
    Drops,
    FailsMidStream,
    Forbidden,
    ModelServer,
    NotFound,
    Overloaded,
    RateLimited,
    ServerError,
    StartModelServer,
    Unauthorized,
)

pytestmark = [pytest.mark.usefixtures("no_vendor"), pytest.mark.anyio]

VENDORS = pytest.mark.parametrize("vendor", ["claude", "openai"])
BEGUN = Answer("This answer was going well until something happened.")


class Asker:
    """Ask one server, of either vendor, and record the reasons of its changes."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.reasons: list[str] = []

    def ask(
        self, vendor: str, *, retries: int | None = None, **more: Any
    ) -> ModelStream:
        urls = {
            "claude": self.server.anthropic_base_url,
            "openai": self.server.openai_base_url,
        }
        access = Access(base_url=urls[vendor], key_env="SOME_KEY", retries=retries)
        stream = nbstream.ask(f"{vendor}:m", "Hi", access=access, **more)

        def changed() -> None:
            if stream.reason and stream.reason not in self.reasons:
                self.reasons.append(stream.reason)

        stream.observe(changed)
        return stream

    async def failure(
        self, vendor: str, **options: Any
    ) -> tuple[ModelStream, nbstream.NbstreamError]:
        """Return the stream, and the error that awaiting it raised."""
        stream = self.ask(vendor, **options)
        with pytest.raises(nbstream.NbstreamError) as caught:
            await stream
        assert stream.state == "failed"
        assert stream.error is caught.value
        assert stream.reason == str(caught.value)
        return stream, caught.value


@pytest.fixture
def asker(
    model_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Asker]:
    monkeypatch.setenv("SOME_KEY", "key-of-the-test")
    return lambda *replies: Asker(model_server(*replies))


# -- refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Unauthorized(), ["401 Unauthorized", "Is the key in SOME_KEY right?"]),
        (Forbidden(), ["403 Forbidden", "The key may not use this model."]),
        (NotFound(), ["404 Not Found", "Is there a model of that name"]),
        (BadRequest("max_tokens is odd."), ["400 Bad Request: max_tokens is odd."]),
    ],
)
@VENDORS
async def test_a_refusal_is_reported_and_not_retried(
    asker: Callable[..., Asker], vendor: str, reply: Any, said: list[str]
) -> None:
    asked = asker(reply)
    stream, error = await asked.failure(vendor)
    assert all(part in str(error) for part in said)
    assert ".." not in str(error)
    assert isinstance(error, nbstream.ConnectionFailed)
    assert len(asked.server.questions) == 1
    assert stream.text == ""


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Overloaded(), {"claude": "overloaded (529)", "openai": "not available (503)"}),
        (ServerError(), dict.fromkeys(["claude", "openai"], "500 Internal Server")),
    ],
)
@VENDORS
async def test_a_question_without_an_answer_is_retried(
    asker: Callable[..., Asker], vendor: str, reply: Any, reason: dict[str, str]
) -> None:
    """Nothing was received, so nothing is paid for twice."""
    asked = asker(reply, Answer("Here I am."))
    stream = await asked.ask(vendor)
    assert stream.text == "Here I am."
    assert len(asked.server.questions) == 2
    (shown,) = asked.reasons
    assert reason[vendor] in shown
    assert [block.kind for block in stream.transcript.blocks].count("notice") == 0


@VENDORS
async def test_the_number_of_tries_is_bounded(
    asker: Callable[..., Asker], vendor: str
) -> None:
    asked = asker(Overloaded())
    _, error = await asked.failure(vendor, retries=0)
    assert isinstance(error, nbstream.ConnectionLost)
    assert error.status_code in (503, 529)
    assert "Raise retries=N to try for longer, or try again later." in str(error)
    assert len(asked.server.questions) == 1


@VENDORS
async def test_a_rate_limit_is_waited_for_as_long_as_retry_after(
    asker: Callable[..., Asker], vendor: str
) -> None:
    asked = asker(RateLimited(retry_after=1), Answer("Now."))
    stream = await asked.ask(vendor)
    assert stream.text == "Now."
    assert stream.elapsed >= 1
    (shown,) = asked.reasons
    assert shown.startswith("the server's rate limit is reached (429): ")


async def test_the_delay_of_a_rate_limit_is_reported(
    asker: Callable[..., Asker],
) -> None:
    asked = asker(RateLimited(retry_after=30))
    stream = asked.ask("claude")
    waits: list[float] = []

    def changed() -> None:
        if stream.timing.retry_in is not None and not waits:
            waits.append(stream.timing.retry_in)
            stream.cancel()

    stream.observe(changed)
    await stream.wait()
    assert stream.state == "cancelled"
    assert 29 < waits[0] <= 30
    assert stream.timing.retry_in is None


# -- broken off ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("overloaded", "The server is overloaded"),
        ("rate_limited", "The rate limit is reached"),
        ("server_error", "The server failed"),
    ],
)
@VENDORS
async def test_an_error_in_mid_stream_keeps_the_text_so_far(
    asker: Callable[..., Asker], vendor: str, kind: Any, said: str
) -> None:
    asked = asker(FailsMidStream(3, kind, BEGUN))
    stream, error = await asked.failure(vendor, retries=5)
    assert isinstance(error, nbstream.StreamFailed)
    assert said in str(error)
    assert stream.text == "This answer was"
    assert len(asked.server.questions) == 1


@VENDORS
async def test_a_drop_is_not_paid_for_twice(
    asker: Callable[..., Asker], vendor: str
) -> None:
    asked = asker(Drops(3, BEGUN), Answer("Never asked for."))
    stream, error = await asked.failure(vendor)
    assert isinstance(error, nbstream.ConnectionLost)
    assert "is not sent again unless you ask for it with retries=N" in str(error)
    assert stream.text == "This answer was"
    assert len(asked.server.questions) == 1


@VENDORS
async def test_a_drop_is_retried_where_the_user_allows_it(
    asker: Callable[..., Asker], vendor: str
) -> None:
    """With a note where the first answer broke off, and both are kept."""
    asked = asker(Drops(3, BEGUN), Answer("Here I am again."))
    stream = await asked.ask(vendor, retries=1)
    assert stream.text == "This answer wasHere I am again."
    assert len(asked.server.questions) == 2
    shown = [(b.kind, b.plain()) for b in stream.transcript.blocks if b.kind != "usage"]
    assert shown == [
        ("text", "This answer was"),
        (
            "notice",
            "[The connection broke off here, so the question was asked again.]",
        ),
        ("text", "Here I am again."),
    ]
    assert stream.usage is not None and not stream.usage.estimated


# -- stopped ---------------------------------------------------------------------


@VENDORS
async def test_a_refusal_of_the_model_is_reported(
    asker: Callable[..., Asker], vendor: str
) -> None:
    asked = asker(Answer("I would rather not.", stop="refusal"))
    stream = await asked.ask(vendor)
    assert stream.state == "finished"
    assert stream.stop_reason == "refusal"
    assert "The model declined to answer." in notices_of(stream)


@VENDORS
async def test_the_limit_of_tokens_is_reported(
    asker: Callable[..., Asker], vendor: str
) -> None:
    asked = asker(Answer("one two three four"))
    stream = await asked.ask(vendor, max_tokens=2)
    assert stream.text == "one two"
    assert stream.stop_reason in ("max_tokens", "length")
    (notice,) = [n for n in notices_of(stream).splitlines() if "cut" in n]
    assert "it reached the limit of output tokens" in notice
    assert "--max-tokens" in notice


def notices_of(stream: ModelStream) -> str:
    return "\n".join(block.plain() for block in stream.transcript.blocks)
