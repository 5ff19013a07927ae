"""Settings that every test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from .shell import Shell

# How long an example takes says more about the machine than about us: the first draw
# builds tables of all characters.
settings.register_profile(
    "nbstream", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("nbstream")


@pytest.fixture
def anyio_backend() -> str:
    """The kernel's loop is asyncio's, so that is what we test on."""
    return "asyncio"


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """An IPython shell that has nbstream loaded."""
    from .shell import Shell

    made = Shell(capsys)
    yield made
    made.close()


@pytest.fixture
def no_vendor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, address or profile of whoever runs the tests."""
    for name in [*os.environ]:
        if name.startswith(("ANTHROPIC_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
