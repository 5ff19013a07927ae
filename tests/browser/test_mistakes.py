"""Bad input: a clear error on one screen, and nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from ..channel_server import Source
from .jupyter import Notebook

Open = Callable[..., Notebook]


@pytest.fixture
def refusing_server() -> Iterator[str]:
    """Start a server that never responds with a stream."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {
                "/missing": (404, "application/json", b'{"detail": "No stream <x>"}'),
                "/page": (200, "text/html", b"<h1>Please log in</h1>"),
            }
            status, content_type, body = answers[self.path]
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_refusals(open_notebook: Open, refusing_server: str) -> None:
    """Each error states what was expected, what was received, and what to do."""
    notebook = open_notebook(
        f"%stream {refusing_server}/missing",
        f"%stream {refusing_server}/page",
        "%stream http://127.0.0.1:1/nobody --retries 0",
        "%stream http://[::1/x",
        "%stream --bogus x",
        "%stream {unset}/x",
    )
    for index in range(1, 7):
        notebook.run(index)
    missing = notebook.wait_frozen(1)
    expect(missing).to_contain_text("404 Not Found: No stream <x>")
    page = notebook.wait_frozen(2)
    expect(page).to_contain_text("expected Content-Type text/event-stream")
    expect(page).to_contain_text("Please log in")
    expect(notebook.wait_frozen(3)).to_contain_text("Is the server running")
    expect(notebook.wait_frozen(4)).to_contain_text("is not a URL")
    expect(notebook.output(5)).to_contain_text("unrecognized arguments: --bogus")
    expect(notebook.output(5)).to_contain_text("usage: %stream")
    expect(notebook.output(6)).to_contain_text("'unset' is not defined")


def test_a_body_that_raises(open_notebook: Open) -> None:
    """The traceback of the body, and what it had yielded."""
    notebook = open_notebook("%%stream\nyield 'kept'\nraise LookupError('<gone>')")
    notebook.run(1)
    frozen = notebook.wait_frozen(1)
    expect(frozen).to_contain_text("kept")
    expect(frozen).to_contain_text("LookupError: <gone>")
    expect(frozen).to_contain_text("raise LookupError('<gone>')")


def test_events_that_are_not_json_are_text(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(f"%stream {source.url}/s")
    notebook.run(1)
    source.send("/s", "not <b>JSON</b>", ', "either"}')
    source.end("/s")
    expect(notebook.wait_frozen(1)).to_have_text('not <b>JSON</b>, "either"}')


def test_a_missing_bundle_shows_how_to_build_it(open_notebook: Open) -> None:
    notebook = open_notebook(
        "import pathlib\nfrom nbstream.display.widget import front_end\n"
        "front_end.resources.files = lambda package: pathlib.Path('/nowhere')",
        "%%stream\nyield 'x'",
    )
    notebook.run(1)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("npm ci && npm run build")
