"""Sanic, with its streaming response."""

import sys

from answers import WORDS, encode_event
from sanic import Request, Sanic

app = Sanic("said")


@app.route("/stream", methods=["GET", "POST"])
async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/event-stream; charset=utf-8")
    for word in WORDS:
        await response.send(encode_event(word).replace("\n", "\r\n"))
    await response.eof()


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, motd=False)
