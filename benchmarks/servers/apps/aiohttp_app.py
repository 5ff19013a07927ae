"""aiohttp-sse, as in its README."""

import sys

from aiohttp import web
from aiohttp_sse import sse_response
from answers import WORDS


async def time(request: web.Request) -> web.StreamResponse:
    async with sse_response(request) as response:
        for second in range(4):
            await response.send(f"Server Time : 10:00:0{second}")
    return response


async def text(request: web.Request) -> web.StreamResponse:
    async with sse_response(request) as response:
        for word in WORDS:
            await response.send(word, event="token")
        await response.send("", event="end")
    return response


app = web.Application()
app.router.add_get("/time", time)
app.router.add_get("/text", text)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
