"""A server of the MCP SDK, over HTTP: a tool that reports its progress."""

import sys

import uvicorn
from answers import WORDS
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("bakery")


@server.tool()
async def bake(kind: str, context: Context) -> str:
    """Say how to bake."""
    for step in range(1, 4):
        await context.report_progress(step, 3, f"step {step}")
    return "".join(WORDS)


app = server.streamable_http_app(stateless_http=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
