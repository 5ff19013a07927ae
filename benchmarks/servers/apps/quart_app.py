"""Quart, as in its documentation; for hypercorn."""

from answers import WORDS, encode_event
from quart import Quart, Response, make_response

app = Quart(__name__)


@app.route("/stream", methods=["GET", "POST"])
async def stream() -> Response:
    async def generate():
        for word in WORDS:
            yield encode_event(word).encode()

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
