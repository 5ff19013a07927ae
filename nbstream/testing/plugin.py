"""The pytest fixtures: `pytest_plugins = ["nbstream.testing.plugin"]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from .model_server.server import ModelServer, ReplyOrFunction, StartModelServer
from .script import Script
from .server import SSEServer, StartSSEServer


@pytest.fixture
def sse_server() -> Iterator[StartSSEServer]:
    """Return a function that starts a server, with the arguments of `SSEServer`.

        def test_resumes(sse_server):
            server = sse_server(script)

    The servers stop with the test, and a script that raises fails it.
    """
    with ExitStack() as stack:

        def start(*scripts: Script, **options: Any) -> SSEServer:
            return stack.enter_context(SSEServer(*scripts, **options))

        yield start


@pytest.fixture
def model_server() -> Iterator[StartModelServer]:
    """Return a function that starts a server, with the arguments of `ModelServer`.

        def test_says_hello(model_server):
            server = model_server(Answer("Hello"))

    The servers stop with the test.
    """
    with ExitStack() as stack:

        def start(*replies: ReplyOrFunction, **options: Any) -> ModelServer:
            return stack.enter_context(ModelServer(*replies, **options))

        yield start
