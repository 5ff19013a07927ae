"""Starlette, FastAPI and sse-starlette, as in their documentation and tutorials."""

import json
from collections.abc import AsyncIterable, Callable
from typing import Any

from answers import LOG, WORDS, encode_event
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse as FastAPIEvents
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel
from sse_starlette.sse import EventSourceResponse

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float


@app.get("/sse-starlette/text")
async def sse_text() -> EventSourceResponse:
    async def generate():
        for word in WORDS:
            yield {"data": word}

    return EventSourceResponse(generate())


@app.get("/sse-starlette/numbers")
async def sse_numbers() -> EventSourceResponse:
    async def generate():
        for number in range(1, 6):
            yield {"data": number}

    return EventSourceResponse(generate())


@app.get("/sse-starlette/steps")
async def sse_steps() -> EventSourceResponse:
    async def generate():
        for step in range(3):
            data = {"step": step, "loss": 1 / (step + 1)}
            yield {"event": "update", "id": str(step), "data": json.dumps(data)}

    return EventSourceResponse(generate())


@app.get("/fastapi/items", response_class=FastAPIEvents)
async def fastapi_items() -> AsyncIterable[Item]:
    for name, price in (("whisk", 12.5), ("oven", 410.0)):
        yield Item(name=name, price=price)


@app.get("/fastapi/strings", response_class=FastAPIEvents)
async def fastapi_strings() -> AsyncIterable[ServerSentEvent]:
    for word in WORDS:
        yield ServerSentEvent(data=word, event="token")


@app.get("/fastapi/raw", response_class=FastAPIEvents)
async def fastapi_raw() -> AsyncIterable[ServerSentEvent]:
    for line in LOG:
        yield ServerSentEvent(raw_data=line)


@app.post("/fastapi/prompt", response_class=FastAPIEvents)
async def fastapi_prompt(body: dict[str, Any]) -> AsyncIterable[ServerSentEvent]:
    for word in WORDS:
        yield ServerSentEvent(data={"token": word})
    yield ServerSentEvent(raw_data="[DONE]", event="done")


def streamed(
    form: Callable[[str], str], media_type: str | None = "text/event-stream"
) -> StreamingResponse:
    async def generate():
        for word in WORDS:
            yield form(word)

    return StreamingResponse(generate(), media_type=media_type)


def tokens(name: str) -> Callable[[str], str]:
    return lambda word: encode_event(json.dumps({name: word}))


@app.post("/starlette/json/{name}")
async def starlette_json(name: str) -> StreamingResponse:
    return streamed(tokens(name))


@app.get("/starlette/text")
async def starlette_text() -> StreamingResponse:
    return streamed(encode_event)


@app.post("/starlette/unsplit")
async def starlette_unsplit() -> StreamingResponse:
    """As many tutorials write it: a newline in a token breaks the framing."""
    return streamed(lambda word: f"data: {word}\n\n")


@app.post("/starlette/plain")
async def starlette_plain() -> StreamingResponse:
    return streamed(lambda word: word, "text/plain")


@app.post("/starlette/ndjson")
async def starlette_ndjson() -> StreamingResponse:
    return streamed(
        lambda word: json.dumps({"token": word}) + "\n", "application/x-ndjson"
    )


@app.post("/starlette/untyped")
async def starlette_untyped() -> StreamingResponse:
    return streamed(tokens("token"), None)
