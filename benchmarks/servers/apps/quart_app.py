"""Quart, as its documentation teaches; for hypercorn."""

from quart import Quart, Response, make_response
from said import WORDS, event

app = Quart(__name__)


@app.route("/stream", methods=["GET", "POST"])
async def stream() -> Response:
    async def generate():
        for word in WORDS:
            yield event(word).encode()

    response = await make_response(
        generate(),
        {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            "Transfer-Encoding": "chunked",
        },
    )
    response.timeout = None
    return response
