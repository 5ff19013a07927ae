"""The package connects to nothing over the network but the source."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbstream.testing import (
    StartModelServer,
    StartSSEServer,
    events,
)

pytestmark = pytest.mark.slow

AUDITED = """
import sys
asked = []

def audit(event, args):
    if event in ("socket.connect", "socket.sendto"):
        asked.append(repr(args[1]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        asked.append(repr(args[0]))
    elif event in ("socket.gethostname", "socket.sethostname", "webbrowser.open"):
        asked.append(event)

sys.addaudithook(audit)
import asyncio
import nbstream
from nbstream.display import snapshot

async def main():
    stream = nbstream.stream(sys.argv[1])
    await stream
    snapshot.bundle(stream)
    for model in sys.argv[2:]:
        answer = nbstream.ask(model, "Hi")
        await answer
        snapshot.bundle(answer)

asyncio.run(main())
print("\\n".join(sorted(set(asked))))
"""


def test_only_the_source_is_connected_to(
    sse_server: StartSSEServer,
    vendor_server: StartModelServer,
) -> None:
    """No font, no version check, no telemetry: in a separate process, every address
    that is resolved or connected to is the stream's."""
    server = sse_server(events("data: one\n\ndata: [DONE]\n\n"))
    models = vendor_server()
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, server.url, "claude", "openai:m"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    asked = done.stdout.split("\n")
    ports = {url.rsplit(":", 1)[1].split("/")[0] for url in (server.url, models.origin)}
    named = {f"('127.0.0.1', {port})" for port in ports}
    assert named <= {*asked}
    assert {*asked} - named <= {"", "'127.0.0.1'", "b'127.0.0.1'"}
