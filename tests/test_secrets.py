"""Keys stay out of everything that is written.

One notebook meets every error and log line that could contain a key; then all its files
and outputs are searched.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nbstream.testing import (
    Answer,
    Connection,
    StartModelServer,
    StartSSEServer,
)

from .headless_notebooks import notebook_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("no_vendor"),
    pytest.mark.timeout(120),
]

# Without the prefix of any vendor's keys: to be found by their values alone.
KEYS = {
    "ANTHROPIC_API_KEY": "K1-anthropic-4f9a",
    "OPENAI_API_KEY": "K2-openai-77b2",
    "OTHER_KEY": "K3-other-0c1d",
    "HEADER_KEY": "K4-header-9e8f",
    "CUSTOM_KEY": "K5-custom-5a6b",
}
BAD_KEY = "K6-bad-2b3c–\n"  # a dash that no header can hold


def quoting(connection: Connection) -> str:
    """Return the credential of the request, wherever it was sent."""
    headers = connection.request.headers
    names = ("authorization", "x-api-key", "x-gateway-token")
    return " ".join(headers.get(name, "") for name in names)


async def refuses(connection: Connection) -> None:
    body = {"error": {"type": "x", "message": f"Bad key: {quoting(connection)}"}}
    data = json.dumps(body).encode()
    await connection.head(401, content_type="application/json", length=len(data))
    await connection.send(data)


async def fails(connection: Connection) -> None:
    """Send some text in the requested format, and then an error with the key."""
    message = f"Key {quoting(connection)} was revoked"
    await connection.head(200, content_type="text/event-stream")
    if "messages" in connection.request.path:
        events = [
            {"type": "message_start", "message": {"usage": {"input_tokens": 1}}},
            {"type": "error", "error": {"type": "api_error", "message": message}},
        ]
        for event in events:
            await connection.send(
                f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            )
    else:
        await connection.send(
            f"data: {json.dumps({'error': {'message': message}})}\n\n"
        )


async def drops(connection: Connection) -> None:
    await connection.head(200, content_type="text/event-stream")
    await connection.reset()


CELLS = [
    # Everything that any library logs is shown in the notebook.
    "import logging, os, sys\n"
    "logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)\n"
    "%xmode Verbose",
    "%%stream claude -n ok --base-url {good} --record {dir}/claude.jsonl\nHi",
    "%%stream openai:m -n ok2 --base-url {good}/v1 --record {dir}/openai.jsonl\nHi",
    "%%stream claude -n e1 --base-url {refuses} --record {dir}/e1.jsonl\nHi",
    "%%stream openai:m -n e2 --base-url {refuses}\nHi",
    "%%stream claude -n e3 --base-url {refuses} --key-env OTHER_KEY\nHi",
    "%%stream openai:m -n e4 --base-url {refuses} --key-env OTHER_KEY\nHi",
    "%%stream claude -n e5 --base-url {fails} --record {dir}/e5.jsonl\nHi",
    "%%stream openai:m -n e6 --base-url {fails} --record {dir}/e6.jsonl\nHi",
    "%%stream openai:m -n e7 --api responses --base-url {fails}\nHi",
    "%%stream claude -n e8 --base-url http://127.0.0.1:1 --retries 0\nHi",
    "%%stream openai:m -n e9 --base-url http://127.0.0.1:1 --retries 0\nHi",
    "%%stream claude -n e10 --base-url {drops}\nHi",
    "%%stream openai:m -n e11 --base-url {drops}\nHi",
    # The SDK itself raises, and its error refers to the request.
    "%%stream claude -n e12 --base-url {good} --key-env BAD_KEY\nHi",
    "%%stream openai:m -n e13 --base-url {good} --key-env BAD_KEY\nHi",
    "%%stream claude -n e14 --base-url nonsense://x\nHi",
    "%%stream claude:a openai:b -n cmp\nHi",
    "header = os.environ['HEADER_KEY']; 'kept'",
    "%stream {refuses}/x -n e15 -H 'Authorization: Bearer {header}'",
    "%stream {fails}/x -n e16 --retries 0 -H 'X-Api-Key: {header}'",
    "%%stream claude:a openai:b -n cmp2 --param x=1\nHi",
    "%tb",
    "import traceback\n"
    "handles = [v for k, v in list(globals().items()) if k[:1] == 'e' and "
    "hasattr(v, 'transcript')]\n"
    "assert len(handles) == 16\n"
    "for handle in [ok, ok2, *cmp, *cmp2, *handles]:\n"
    "    print(handle, repr(handle), handle.reason, handle.messages)\n"
    "    print(handle.question, vars(handle), handle.transcript.snapshot())\n"
    "    if handle.error is not None:\n"
    "        print(repr(handle.error), vars(handle.error))\n"
    "        traceback.print_exception(handle.error, file=sys.stdout)\n"
    "cmp, cmp.frame().to_dict('records')",
    "raise e1.error",
    "%xmode Context\nraise e8.error",
    "%streams",
]


def test_no_key_is_written_anywhere(
    model_server: StartModelServer,
    sse_server: StartSSEServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BAD_KEY", BAD_KEY)
    custom = f"X-Gateway-Token: {KEYS['CUSTOM_KEY']}"
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", custom)
    good = model_server(Answer("Fine."))
    refusing = sse_server(refuses)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", refusing.origin)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{sse_server(fails).origin}/v1")
    notebook = notebook_of(
        f"good = {good.origin!r}; refuses = {refusing.origin!r}\n"
        f"fails = {sse_server(fails).origin!r}; drops = {sse_server(drops).origin!r}\n"
        f"dir = {str(tmp_path)!r}",
        *CELLS,
    )
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()

    written = {"notebook": nbformat.writes(notebook)}
    for path in tmp_path.glob("*.jsonl*"):
        written[path.name] = path.read_text("utf-8")
    assert {"claude.jsonl", "openai.jsonl", "e1.jsonl", "e5.jsonl", "e6.jsonl"} <= {
        *written
    }
    # A check of the test itself: the servers received the keys and sent them back.
    sent = [quoting(connection) for connection in refusing.connections]
    assert any(KEYS["ANTHROPIC_API_KEY"] in credentials for credentials in sent)
    assert any(KEYS["OTHER_KEY"] in credentials for credentials in sent)
    assert any(KEYS["CUSTOM_KEY"] in credentials for credentials in sent)
    assert any(KEYS["HEADER_KEY"] in credentials for credentials in sent)
    assert "Bad key: *" in written["notebook"]
    assert "was revoked" in written["notebook"]
    assert "DEBUG:" in written["notebook"]
    assert "***" in written["e5.jsonl"] and "***" in written["e6.jsonl"]
    raised = [o.get("ename") for cell in notebook.cells for o in cell.outputs]
    assert "AssertionError" not in raised

    for secret in [*KEYS.values(), BAD_KEY.strip("–\n")]:
        for name, text in written.items():
            at = text.find(secret)
            assert at < 0, f"{secret} in {name}: …{text[max(0, at - 300) : at + 60]}…"
