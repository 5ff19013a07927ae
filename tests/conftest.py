"""Settings that every test shares."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

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
