"""Install another version of ipykernel beside the installed one, for a test kernel."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

# With a queue of requests, the oldest that works and the last; with a lock.
VERSIONS = ("6.17.1", "6.29.5", "7.3.0")
INSTALLED = tuple(map(int, version("ipykernel").split(".")[:2]))


@pytest.fixture(scope="session")
def ipykernel(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path | None:
    """Return a folder with the ipykernel of this version, without what it depends on;
    None for the installed one. To be parametrised."""
    version: str | None = request.param
    if version is None:
        return None
    folder = tmp_path_factory.mktemp(f"ipykernel-{version}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*command, f"ipykernel=={version}"], check=True)
    return folder
