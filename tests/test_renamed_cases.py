"""A case means the same with other names and words, with noise, and cut anywhere."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import nbstream

from .metamorphic_noise import cut, salted
from .metamorphic_renaming import Renaming
from .stream_cases import CASES, Case, differences, everything_received, outcome_of

pytestmark = pytest.mark.slow

PATIENCE = 3.0
"""Seconds that a replay without a socket may take."""


@pytest.mark.parametrize("name", CASES)
# Without shrinking, which could only find a smaller seed: the first example has neither
# noise nor cuts.
@settings(max_examples=20, derandomize=True, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 10**6), with_salt=st.booleans(), in_pieces=st.booleans())
def test_other_names_and_words_mean_the_same(
    name: str, seed: int, with_salt: bool, in_pieces: bool
) -> None:
    case = CASES[name]
    dice = random.Random(seed)
    renaming = Renaming(case, dice)
    bodies, expect = renaming.bodies(), renaming.expect()
    if with_salt:
        bodies = [salted(case, body, dice) for body in bodies]
    pieces = [cut(body, dice) if in_pieces else [body] for body in bodies]

    found = asyncio.run(differences_of(case, pieces, expect))
    assert not found, "\n".join([*found, *(body.decode() for body in bodies)])


async def differences_of(
    case: Case, bodies: Sequence[Sequence[bytes]], expect: dict[str, object]
) -> list[str]:
    """Replay bodies in pieces, without a socket, and return the differences."""
    requests = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        if requests > case.requests:
            stream.cancel()
        body = Body(
            bodies[min(requests, len(bodies)) - 1],
            # A body with an end event is not held open here: it would wait for more.
            stays_open=case.is_cancelled,
            breaks_off=case.breaks_off and requests == 1,
        )
        headers = {"Content-Type": case.content_type}
        return httpx.Response(case.status, headers=headers, stream=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        stream = nbstream.stream(
            "http://server/stream",
            method=case.method,
            content=case.content,
            client=client,
        )
        if case.is_cancelled:
            await everything_received(stream, b"".join(bodies[0]))
            stream.cancel()
        async with asyncio.timeout(PATIENCE):
            await stream.wait()
        outcome = await outcome_of(stream)
        outcome["requests"] = requests
    return differences({"requests": 1, **expect}, outcome)


class Body(httpx.AsyncByteStream):
    """A response's body that arrives in pieces."""

    def __init__(
        self, pieces: Sequence[bytes], *, stays_open: bool, breaks_off: bool
    ) -> None:
        self._pieces = pieces
        self._stays_open = stays_open
        self._breaks_off = breaks_off

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
            await asyncio.sleep(0)
        if self._stays_open:
            await asyncio.Event().wait()
        if self._breaks_off:
            raise httpx.ReadError("the peer reset the connection")
