"""The table: each server's requests, and what a reader should see of the response."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from .row import Row, Rows
from .running import Server

TEXT = "Bread rises in **two hours**.\n\n- knead\n- wait"
LOG = (
    "2026-11-27 10:00:00 INFO job started",
    "2026-11-27 10:00:01 WARNING disk slow",
    "2026-11-27 10:00:02 INFO job ended",
)


def _to_json(**fields: Any) -> str:
    return json.dumps(fields)


def _start_gradio_call(origin: str) -> str:
    """Start a call, as Gradio's guide does with curl, and return its stream's path."""
    request = urllib.request.Request(
        f"{origin}/gradio_api/call/say",
        _to_json(data=["How long?"]).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return f"/gradio_api/call/say/{json.load(response)['event_id']}"


_PROMPT = _to_json(prompt="How long does bread rise?")
_MESSAGES: Mapping[str, Any] = {
    "model": "mock",
    "stream": True,
    "messages": [{"role": "user", "content": "How long does bread rise?"}],
}
_UVICORN = ["--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning"]
_GUNICORN = ["{bin}/gunicorn", "flask_app:app", "-b", "127.0.0.1:{port}"]

STARLETTE = Rows(
    Server(
        "starlette",
        ["{bin}/uvicorn", "starlette_app:app", *_UVICORN],
        ["fastapi>=0.135", "sse-starlette", "uvicorn"],
    ),
    [
        Row("sse-starlette, tokens", "/sse-starlette/text", text=TEXT),
        Row("sse-starlette, numbers", "/sse-starlette/numbers", lines="12345"),
        Row(
            "sse-starlette, `{step, loss}`",
            "/sse-starlette/steps",
            words=["loss"],
            views=["chart", "rows"],
        ),
        Row(
            "FastAPI, items",
            "/fastapi/items",
            lines=["12.5", "410.0"],
            views=["rows"],
        ),
        Row("FastAPI `ServerSentEvent(data=…)`", "/fastapi/strings", text=TEXT),
        Row("FastAPI `raw_data=`, log lines", "/fastapi/raw", lines=LOG),
        Row("FastAPI, `{token}`, `[DONE]`", "/fastapi/prompt", _PROMPT, TEXT),
        *(
            Row(f"Starlette, `{{{name}}}`", f"/starlette/json/{name}", _PROMPT, TEXT)
            for name in ("token", "content", "text", "delta", "response", "reply")
        ),
        Row("Starlette, tokens", "/starlette/text", text=TEXT),
        Row(
            "Starlette, newlines not split",
            "/starlette/unsplit",
            _PROMPT,
            "Bread rises in **two hours**.- knead",
        ),
        Row("Starlette, `text/plain`", "/starlette/plain", _PROMPT, TEXT),
        Row("Starlette, NDJSON", "/starlette/ndjson", _PROMPT, TEXT),
        Row("Starlette, no media type", "/starlette/untyped", _PROMPT, TEXT),
    ],
)
FLASK = Server("flask gunicorn", _GUNICORN, ["flask", "gunicorn"])
FLASK_GEVENT = Server(
    "flask gevent",
    [*_GUNICORN, "-k", "gevent"],
    ["flask", "gunicorn", "gevent", "packaging"],
)
_FLASK_ROWS = [
    Row("Flask, tokens, `event: end`", "/stream", text=TEXT),
    Row("Flask, tokens, POST", "/stream", _PROMPT, TEXT),
    Row("Flask, a clock", "/clock", lines=[f"10:00:0{n}" for n in range(4)]),
    Row("Flask, `{epoch, loss}`", "/training", words=["loss"], views=["chart", "rows"]),
]

OTHERS = [
    Rows(
        Server(
            "django",
            ["{bin}/uvicorn", "django_app:application", *_UVICORN],
            ["django", "uvicorn"],
        ),
        [
            Row("Django, `{message}`", "/stream", text=TEXT),
            Row("Django, `{message}`, POST", "/stream", _PROMPT, TEXT),
        ],
    ),
    Rows(
        Server(
            "aiohttp-sse",
            ["{python}", "{apps}/aiohttp_app.py", "{port}"],
            ["aiohttp-sse"],
        ),
        [
            Row(
                "aiohttp-sse, its README's times",
                "/time",
                lines=[f"Server Time : 10:00:0{n}" for n in range(4)],
            ),
            Row("aiohttp-sse, `event: end`", "/text", text=TEXT),
        ],
    ),
    Rows(
        Server(
            "quart",
            ["{bin}/hypercorn", "quart_app:app", "-b", "127.0.0.1:{port}"],
            ["quart", "hypercorn"],
        ),
        [Row("Quart, tokens, POST", "/stream", _PROMPT, TEXT)],
    ),
    Rows(
        Server("sanic", ["{python}", "{apps}/sanic_app.py", "{port}"], ["sanic"]),
        [Row("Sanic, CRLF, POST", "/stream", _PROMPT, TEXT)],
    ),
    Rows(
        Server("mcp", ["{python}", "{apps}/mcp_app.py", "{port}"], ["mcp>=2"]),
        [
            Row(
                "MCP SDK, a tool with progress",
                "/mcp",
                _to_json(
                    jsonrpc="2.0",
                    id=1,
                    method="tools/call",
                    params={
                        "name": "bake",
                        "arguments": {"kind": "rye"},
                        "_meta": {"progressToken": 1},
                    },
                ),
                TEXT,
                views=["progress"],
            )
        ],
    ),
    Rows(
        Server(
            "ag-ui",
            ["{python}", "{apps}/agui_app.py", "{port}"],
            ["ag-ui-protocol", "starlette", "uvicorn"],
        ),
        [Row("AG-UI, text and a tool call", "/run", _PROMPT, TEXT)],
    ),
    Rows(
        Server(
            "langserve",
            ["{python}", "{apps}/langserve_app.py", "{port}"],
            ["langserve", "sse-starlette", "langchain-core", "fastapi", "uvicorn"],
        ),
        [Row("LangServe, `/stream`", "/bread/stream", _to_json(input="rye"), TEXT)],
    ),
    Rows(
        Server("gradio", ["{python}", "{apps}/gradio_app.py", "{port}"], ["gradio"]),
        [Row("Gradio, `call/…`", "", text=TEXT, find=_start_gradio_call)],
    ),
    Rows(
        Server(
            "litellm",
            [
                "{bin}/litellm",
                "--config",
                "{apps}/litellm.yaml",
                "--host",
                "127.0.0.1",
                "--port",
                "{port}",
                "--telemetry",
                "False",
            ],
            ["litellm[proxy]"],
        ),
        [
            Row(
                "LiteLLM, chat completions",
                "/v1/chat/completions",
                _to_json(**_MESSAGES),
                TEXT,
            ),
            Row(
                "LiteLLM, Gemini's route",
                "/v1beta/models/mock:streamGenerateContent?alt=sse",
                _to_json(contents=[{"role": "user", "parts": [{"text": "How long?"}]}]),
                TEXT,
            ),
        ],
    ),
    Rows(
        # The tests' tiny model of random words, in this project's Python.
        Server("llama.cpp", ["{python}", "-m", "benchmarks.servers.llama", "{port}"]),
        [
            Row(
                "llama.cpp, chat completions",
                "/v1/chat/completions",
                _to_json(**_MESSAGES, max_tokens=20),
                views=["text"],
            ),
            Row(
                "llama.cpp, `/completion`",
                "/completion",
                _to_json(prompt="the sun", n_predict=20, stream=True),
                views=["text"],
            ),
            Row(
                "llama.cpp, `/v1/completions`",
                "/v1/completions",
                _to_json(prompt="the sun", max_tokens=20, stream=True),
                views=["text"],
            ),
        ],
    ),
    Rows(
        Server(
            "node",
            ["{python}", "{node}/node_apps.mjs", "{ports}"],
            node=[
                "express",
                "better-sse",
                "fastify",
                "@fastify/sse",
                "hono",
                "@hono/node-server",
                "h3",
                "ai",
            ],
            ports=5,
        ),
        [
            Row("Express, better-sse", "/better-sse", text=TEXT),
            Row(
                "Express, `{num, time}`",
                "/raw",
                words=["num"],
                views=["rows", "chart"],
            ),
            Row("Fastify, @fastify/sse", "/events", text=TEXT, port=1),
            Row("Hono `streamSSE`, ids", "/sse", text=TEXT, port=2),
            Row("Hono `streamSSE`, POST", "/sse", _PROMPT, TEXT, port=2),
            Row("h3 `createEventStream`", "/sse", text=TEXT, port=3),
            Row("Vercel `ai`, UI message stream", "/ui", _PROMPT, TEXT, port=4),
            Row("Vercel `ai`, text stream", "/text", _PROMPT, TEXT, port=4),
        ],
    ),
]

TABLE = [
    STARLETTE,
    Rows(FLASK, _FLASK_ROWS),
    Rows(FLASK_GEVENT, _FLASK_ROWS[:2]),
    *OTHERS,
]
"""Every server with its rows, in the order of the table."""
