"""Start a real Voilà server, and open dashboards of notebooks in a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page

from ..proxy import closed_address
from .jupyter import TIMEOUT_MS


class Voila:
    """A Voilà server that shows the notebooks of a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "root"
        self._root.mkdir(parents=True)
        self._log = folder / "log.txt"
        _, _, port = closed_address().rpartition(":")
        self._url = f"http://127.0.0.1:{port}/"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "voila",
                    "--no-browser",
                    f"--port={port}",
                    "--show_tracebacks=True",
                    self._root,
                ],
                env={
                    **os.environ,
                    "JUPYTER_CONFIG_DIR": str(folder / "config"),
                    "JUPYTER_DATA_DIR": str(folder / "data"),
                    "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                    "IPYTHONDIR": str(folder / "ipython"),
                },
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        while self._process.poll() is None:
            try:
                urllib.request.urlopen(self._url, timeout=5).read()
                return
            except OSError:
                pass
            try:
                self._process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"Voilà did not start:\n{self._log.read_text()[-3000:]}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def open(self, browser: Browser, name: str, cells: list[str]) -> Page:
        """Write a notebook and open it as a dashboard; return while its cells run."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={
                "kernelspec": {
                    "name": "python3",
                    "display_name": "Python 3",
                    "language": "python",
                }
            },
        )
        nbformat.write(notebook, self._root / name)
        page = browser.new_page(viewport={"width": 1000, "height": 700})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{self._url}voila/render/{name}", wait_until="commit")
        return page
