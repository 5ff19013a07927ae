"""Send a reply: at its pace, past its gates, up to its fault."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..connection import Connection
from .answer import Answer, Gate, Pace, tokenize
from .faults import (
    Broken,
    Drops,
    ErrorKind,
    FailsMidStream,
    Overloaded,
    RateLimited,
    Refusal,
    ServerError,
)
from .question import Question
from .vendor_api import StreamedEvent, VendorApi, dump_json

Reply = Answer | Broken | Refusal
"""What a question gets."""

_STREAM = "text/event-stream; charset=utf-8"
# The reply instead of FailsMidStream if the request wants no stream.
_REFUSALS: Mapping[ErrorKind, Refusal] = {
    "overloaded": Overloaded(),
    "rate_limited": RateLimited(),
    "server_error": ServerError(),
}


async def send_reply(
    connection: Connection, question: Question, api: VendorApi, reply: Reply
) -> None:
    """Send the reply to a question in the format of an API."""
    headers = api.vendor.response_headers(question.number)
    if isinstance(reply, FailsMidStream) and not question.stream:
        reply = _REFUSALS[reply.kind]
    if isinstance(reply, Refusal):
        status, more, body = api.vendor.encode_refusal(reply, question)
        return await send_json(connection, status, {**headers, **more}, body)

    answer = reply if isinstance(reply, Answer) else reply.answer
    tokenized = tokenize(answer, question.max_tokens, question.all_text)
    events = list(api.encode_stream(question, tokenized))
    if not isinstance(reply, Answer):
        events = events[: _index_of_delta(events, reply.after_deltas)]
    if question.stream:
        headers = {**headers, "Cache-Control": "no-cache"}
        await connection.head(200, headers, content_type=_STREAM)
    await _send_paced(connection, events, answer, silent=not question.stream)
    match reply:
        case FailsMidStream(kind=kind):
            await connection.send(*api.encode_error(question, kind, len(events)))
        case Drops():
            await connection.reset()
        case Answer():
            if not question.stream:
                body = api.encode_body(question, tokenized)
                await send_json(connection, 200, headers, body)
        case _:
            await connection.stall()


async def send_json(
    connection: Connection,
    status: int,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
) -> None:
    """Send a response with a JSON body."""
    data = dump_json(body).encode()
    await connection.head(
        status, headers, content_type="application/json", length=len(data)
    )
    await connection.send(data)


def _index_of_delta(events: Sequence[StreamedEvent], number: int) -> int:
    """Return the index of the delta of this number, or that of the last event if
    there are fewer deltas."""
    deltas = [index for index, event in enumerate(events) if event.tokens]
    return deltas[number] if number < len(deltas) else len(events) - 1


async def _send_paced(
    connection: Connection,
    events: Sequence[StreamedEvent],
    answer: Answer,
    *,
    silent: bool,
) -> None:
    """Send the events when the answer's pauses allow; with `silent`, only take the
    same time."""
    gates = {p.after: p.name for p in answer.pauses if isinstance(p, Gate)}
    paces = [p.tokens_per_second for p in answer.pauses if isinstance(p, Pace)]
    pace = min(paces, default=math.inf)
    clock = asyncio.get_running_loop().time
    started = clock()
    deltas = tokens = 0
    for event in events:
        if event.tokens:
            if deltas == 0 and 0 in gates:
                await connection.wait(gates[0])
            # Due times count from the start, so that late wakeups do not add up.
            if (delay := started + tokens / pace - clock()) > 0:
                await asyncio.sleep(delay)
        if not silent:
            await connection.send(event.event)
        if event.tokens:
            deltas += 1
            tokens += event.tokens
            if deltas in gates:
                await connection.wait(gates[deltas])
