"""Start a real marimo, which edits or runs a notebook of these cells."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Mapping
from pathlib import Path

# Without this an editor runs no cell before its user asks for it.
_RUNS_WHEN_OPENED = "[tool.marimo.runtime]\nauto_instantiate = true\n"


class Marimo:
    """A marimo server of one notebook.

    Args:
        mode: `edit` or `run`.
        folder: an empty folder for the notebook.
        cells: the code of the cells.
        environment: more of its environment.
    """

    def __init__(
        self, mode: str, folder: Path, *cells: str, environment: Mapping[str, str]
    ) -> None:
        path = folder / "notebook.py"
        path.write_text(_write_notebook(cells))
        folder.joinpath("pyproject.toml").write_text(_RUNS_WHEN_OPENED)
        self._log = folder / "log.txt"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]  # marimo takes no port 0
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "marimo", "--quiet", mode, str(path)]
                + ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}"]
                + ["--skip-update-check"] * (mode == "edit"),
                cwd=folder,
                env={**os.environ, **environment, "HOME": str(folder)},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.url = f"http://127.0.0.1:{port}/"
        self._wait_until_ready()

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def _wait_until_ready(self) -> None:
        while self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}health", timeout=5).read()
                return
            except OSError:
                try:
                    self._process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        raise AssertionError(f"marimo did not start:\n{self._log.read_text()[-3000:]}")


def _write_notebook(cells: tuple[str, ...]) -> str:
    written = ["import marimo\n\napp = marimo.App()"]
    for cell in cells:
        kind = "async def" if "await " in cell else "def"
        written.append(f"@app.cell\n{kind} _():\n{textwrap.indent(cell, '    ')}")
    return "\n\n\n".join(written) + "\n"
