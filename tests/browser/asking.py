"""Notebooks that ask models: a server on loopback stands in for the vendors."""

from __future__ import annotations

from collections.abc import Callable

from nbstream.testing import ModelServer

from .jupyter import Notebook

Open = Callable[..., Notebook]
Serve = Callable[..., ModelServer]

FIRST = 2
"""The index of the first cell that `open_asking` was given."""


def open_asking(open_notebook: Open, server: ModelServer, *cells: str) -> Notebook:
    """A notebook of these cells, whose kernel takes the server for both vendors."""
    variables = {
        "ANTHROPIC_API_KEY": "any",
        "ANTHROPIC_BASE_URL": server.anthropic_base_url,
        "OPENAI_API_KEY": "any",
        "OPENAI_BASE_URL": server.openai_base_url,
    }
    notebook = open_notebook(f"import os\nos.environ |= {variables!r}", *cells)
    notebook.run(FIRST - 1)
    return notebook


def wait_asked(server: ModelServer, count: int = 1) -> None:
    """Wait until so many questions have come."""
    server.wait_for(lambda: len(server.questions) == count, 30)


def wait_left(server: ModelServer, number: int) -> None:
    """Wait until who asked the question of this number has closed the connection."""
    server.wait_for(lambda: server.questions[number].connection.left, 30)
