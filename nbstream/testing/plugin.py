"""The pytest fixture: `pytest_plugins = ["nbstream.testing.plugin"]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from .script import Script
from .server import SSEServer


@pytest.fixture
def sse_server() -> Iterator[Callable[..., SSEServer]]:
    """A function that starts a scripted server and takes what `SSEServer` takes.

        def test_resumes(sse_server):
            server = sse_server(script)

    The servers stop with the test, and a script that failed fails it.
    """
    with ExitStack() as stack:

        def start(*scripts: Script, **options: Any) -> SSEServer:
            return stack.enter_context(SSEServer(*scripts, **options))

        yield start
