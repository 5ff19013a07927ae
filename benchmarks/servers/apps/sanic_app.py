"""Sanic, which streams what it is sent."""

import sys

from said import WORDS, event
from sanic import Request, Sanic

app = Sanic("said")


@app.route("/stream", methods=["GET", "POST"])
async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/event-stream; charset=utf-8")
    for word in WORDS:
        await response.send(event(word).replace("\n", "\r\n"))
    await response.eof()


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, motd=False)
