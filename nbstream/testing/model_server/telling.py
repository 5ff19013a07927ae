"""A reply goes out: at its pace, through its gates, as far as it gets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..connection import Connection
from .answer import Answer, Gate, Pace, cut
from .faults import (
    Broken,
    Drops,
    FailsMidStream,
    Overloaded,
    RateLimited,
    Refusal,
    ServerError,
    Trouble,
)
from .question import Question
from .wire import Format, Frame, as_json

_STREAM = "text/event-stream; charset=utf-8"
# What FailsMidStream is where there is no stream to fail in.
_REFUSED: Mapping[Trouble, Refusal] = {
    "overloaded": Overloaded(),
    "rate_limited": RateLimited(),
    "server_error": ServerError(),
}


async def tell(
    connection: Connection,
    question: Question,
    speaks: Format,
    reply: Answer | Broken | Refusal,
) -> None:
    """Answer the question with this reply, in this format."""
    headers = speaks.vendor.headers(question.number)
    if isinstance(reply, FailsMidStream) and not question.stream:
        reply = _REFUSED[reply.kind]
    if isinstance(reply, Refusal):
        status, more, body = speaks.vendor.refusal(reply, question)
        return await send_json(connection, status, {**headers, **more}, body)

    answer = reply if isinstance(reply, Answer) else reply.answer
    told = cut(answer, question.max_tokens, question.all_text)
    frames = list(speaks.frames(question, told))
    if not isinstance(reply, Answer):
        frames = frames[: _at_delta(frames, reply.after_deltas)]
    if question.stream:
        headers = {**headers, "Cache-Control": "no-cache"}
        await connection.head(200, headers, content_type=_STREAM)
    await _send(connection, frames, answer, silent=not question.stream)
    match reply:
        case FailsMidStream(kind=kind):
            await connection.send(*speaks.failure(question, kind, len(frames)))
        case Drops():
            await connection.reset()
        case Answer():
            if not question.stream:
                whole = speaks.whole(question, told)
                await send_json(connection, 200, headers, whole)
        case _:
            await connection.stall()


async def send_json(
    connection: Connection,
    status: int,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
) -> None:
    """Answer with this object."""
    data = as_json(body).encode()
    await connection.head(
        status, headers, content_type="application/json", length=len(data)
    )
    await connection.send(data)


def _at_delta(frames: Sequence[Frame], number: int) -> int:
    """Where the delta of this number stands; the last frame if there are fewer."""
    places = [at for at, frame in enumerate(frames) if frame.tokens]
    return places[number] if number < len(places) else len(frames) - 1


async def _send(
    connection: Connection, frames: Sequence[Frame], answer: Answer, *, silent: bool
) -> None:
    """Send the frames when the answer's pauses let them; or, for an answer at once,
    only take as long."""
    gates = {p.after: p.name for p in answer.pauses if isinstance(p, Gate)}
    paces = [p.tokens_per_second for p in answer.pauses if isinstance(p, Pace)]
    pace = min(paces, default=math.inf)
    clock = asyncio.get_running_loop().time
    begun = clock()
    deltas = tokens = 0
    for frame in frames:
        if frame.tokens:
            if deltas == 0 and 0 in gates:
                await connection.wait(gates[0])
            # By the clock of the whole answer, so that late wakings do not add up.
            if (early := begun + tokens / pace - clock()) > 0:
                await asyncio.sleep(early)
        if not silent:
            await connection.send(frame.event)
        if frame.tokens:
            deltas += 1
            tokens += frame.tokens
            if deltas in gates:
                await connection.wait(gates[deltas])
