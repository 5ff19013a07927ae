"""Configure what every test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from nbstream.testing import Answer, ModelServer, StartModelServer

if TYPE_CHECKING:
    from .ipython_shell import Shell

pytest_plugins = ["nbstream.testing.plugin"]

# An example's duration depends on the machine: the first draw builds tables of all
# characters.
settings.register_profile(
    "nbstream", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("nbstream")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Use asyncio: the kernel's loop is asyncio's."""
    return "asyncio"


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """Return an IPython shell that has nbstream loaded."""
    from .ipython_shell import Shell

    made = Shell(capsys)
    yield made
    made.close()


@pytest.fixture
def no_vendor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the keys, addresses and profiles of the user who runs the tests."""
    for name in [*os.environ]:
        if name.startswith(("ANTHROPIC_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies that the environment of the user names."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def vendor_server(
    no_vendor: None, model_server: StartModelServer, monkeypatch: pytest.MonkeyPatch
) -> StartModelServer:
    """Start a model server in place of both vendors; without replies it answers `Fine.`
    Its key ends in a line break, like one read from a file."""

    def start(*replies: Any, **options: Any) -> ModelServer:
        server = model_server(*replies or (Answer("Fine."),), **options)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, "key-of-the-test\n")
        return server

    return start
