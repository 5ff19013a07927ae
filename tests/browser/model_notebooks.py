"""Open notebooks that query models, with a loopback server in place of the vendors."""

from __future__ import annotations

from collections.abc import Callable

from nbstream.testing import ModelServer

from .jupyter import Notebook

Open = Callable[..., Notebook]
Serve = Callable[..., ModelServer]

FIRST = 2
"""The index of the first cell that `open_model_notebook` was given."""


def open_model_notebook(
    open_notebook: Open, server: ModelServer, *cells: str
) -> Notebook:
    """Open a notebook of these cells, in a kernel that sends its questions to the
    server."""
    environment = f"import os\nos.environ |= {server.environment!r}"
    notebook = open_notebook(environment, *cells)
    notebook.run(FIRST - 1)
    return notebook


def wait_for_questions(server: ModelServer, count: int = 1) -> None:
    """Wait until the server has received this many questions."""
    server.wait_for(lambda: len(server.questions) == count, 30)


def wait_until_closed(server: ModelServer, number: int) -> None:
    """Wait until the client of this question has closed its connection."""
    server.wait_for(lambda: server.questions[number].connection.left, 30)
