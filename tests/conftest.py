"""Settings that every test shares."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The kernel's loop is asyncio's, so that is what we test on."""
    return "asyncio"
