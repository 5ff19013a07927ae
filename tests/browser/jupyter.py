"""Start a real Jupyter server, and drive notebooks in a real Chromium."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

TIMEOUT_MS = 20_000


class Jupyter:
    """A Jupyter server with separate configuration, runtime and root folders.

    Args:
        packages: a folder of packages that its kernels prefer to the installed ones.
        options: for the command line.
        python: the Python of an environment that has the application.
        timeout_ms: how long a page may take for each step.
    """

    def __init__(
        self,
        app: str,
        folder: Path,
        theme: str = "JupyterLab Light",
        packages: Path | None = None,
        options: Sequence[str] = (),
        python: str = sys.executable,
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        self.timeout_ms = timeout_ms
        self.app = app
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        settings = folder / "settings" / "@jupyterlab"
        for extension, content in {
            "apputils-extension/themes": {"theme": theme},
            "apputils-extension/notification": {
                "fetchNews": "false",
                "checkForUpdates": False,
            },
        }.items():
            path = settings / f"{extension}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        python_path = filter(None, (str(packages or ""), os.environ.get("PYTHONPATH")))
        self.log = folder / "log.txt"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    python,
                    "-m",
                    "jupyter",
                    app,
                    "--no-browser",
                    "--allow-root",
                    "--expose-app-in-browser",
                    "--ServerApp.port=0",
                    "--IdentityProvider.token=",
                    f"--ServerApp.root_dir={self.root}",
                    *options,
                ],
                cwd=folder,  # jupyter-collaboration keeps a database there
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(python_path),
                    "JUPYTER_CONFIG_DIR": str(folder / "config"),
                    "JUPYTER_DATA_DIR": str(folder / "data"),
                    "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                    "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
                    "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
                    "IPYTHONDIR": str(folder / "ipython"),
                    # Kernels may be programs beside the interpreter.
                    "PATH": os.pathsep.join(
                        [str(Path(python).parent), os.environ["PATH"]]
                    ),
                },
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.url = self._wait_for_url()

    def _wait_for_url(self) -> str:
        # The server writes this file when it is ready; it names the port it got.
        runtime = self.folder / "runtime"
        while self._process.poll() is None:
            for path in runtime.glob("jpserver-*.json"):
                try:
                    url = str(json.loads(path.read_text())["url"])
                    urllib.request.urlopen(f"{url}api/status", timeout=5).read()
                    return url
                except (ValueError, OSError):
                    continue
            try:
                self._process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"Jupyter did not start:\n{self.log.read_text()[-3000:]}")

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def open(
        self, browser: Browser, name: str, cells: list[str], kernel: str = "python3"
    ) -> Notebook:
        """Write a notebook and open it; return when its kernel is ready."""
        self._write(name, cells, kernel)
        return self.reopen(browser, name)

    def open_beside(self, other: Notebook, name: str, cells: list[str]) -> Notebook:
        """Write a notebook and open it in the page of another one, to the right of
        it."""
        self._write(name, cells)
        other.page.evaluate(
            """async (name) => {
                const { commands } = window.jupyterapp;
                const options = { mode: 'split-right' };
                await commands.execute('docmanager:open', { path: name, options });
            }""",
            name,
        )
        notebook = Notebook(other.page, self.root / name)
        notebook.wait_for_kernel()
        return notebook

    def _write(self, name: str, cells: list[str], kernel: str = "python3") -> None:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={
                "kernelspec": {
                    "name": kernel,
                    "display_name": kernel,
                    "language": "python",
                }
            },
        )
        nbformat.write(notebook, self.root / name)

    def reopen(self, browser: Browser, name: str) -> Notebook:
        """Open an existing notebook."""
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(self.timeout_ms)
        # A separate workspace: the default one restores the tabs of earlier tests.
        workspace = f"lab/workspaces/{uuid.uuid4().hex}/tree"
        path = workspace if self.app == "lab" else "notebooks"
        page.goto(f"{self.url}{path}/{name}")
        notebook = Notebook(page, self.root / name)
        notebook.wait_for_kernel()
        return notebook


class Notebook:
    """One notebook in one page."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        # In either application, whatever other panels are open. A shared notebook has a
        # drive before its path.
        self._panel = (
            "[...window.jupyterapp.shell.widgets('main')].find((one) => "
            "one.sessionContext && "
            f"one.context?.path.endsWith({json.dumps(path.name)}))"
        )

    def wait_for_kernel(self) -> None:
        self.page.wait_for_function(
            f"() => window.jupyterapp && {self._panel}?.sessionContext?.session?.kernel"
            "?.status === 'idle'"
        )
        self._mark()

    def activate(self) -> None:
        """Make it the notebook of its page that commands are about."""
        self.page.evaluate(
            f"() => window.jupyterapp.shell.activateById({self._panel}.id)"
        )

    def wait_for_connection(self) -> None:
        """Wait for the kernel, which may be busy."""
        self.page.wait_for_function(
            f"() => window.jupyterapp && {self._panel}?.sessionContext?.session?.kernel"
            "?.connectionStatus === 'connected'"
        )
        self._mark()

    def _mark(self) -> None:
        # In one page there may be several notebooks.
        self.page.evaluate(
            f"(name) => {{ {self._panel}.node.dataset.notebook = name; }}",
            self.path.name,
        )

    def start(self, index: int) -> None:
        """Run a cell without waiting for it."""
        self.page.evaluate(
            f"""(index) => {{
                const panel = {self._panel};
                panel.content.activeCellIndex = index;
                panel.content.deselectAll();
                void window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )

    def run(self, index: int) -> None:
        """Run a cell and wait until it has ended."""
        self.page.evaluate(
            f"""async (index) => {{
                const panel = {self._panel};
                panel.content.activeCellIndex = index;
                panel.content.deselectAll();
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )

    def command(self, name: str) -> None:
        self.page.evaluate(f"() => window.jupyterapp.commands.execute('{name}')")

    def change_theme(self, theme: str) -> None:
        self.page.evaluate(
            """async (theme) => {
                await window.jupyterapp.commands.execute(
                    'apputils:change-theme', { theme });
            }""",
            theme,
        )
        light = "false" if theme.endswith("Dark") else "true"
        body = self.page.locator("body")
        expect(body).to_have_attribute("data-jp-theme-light", light)

    def cell(self, index: int) -> Locator:
        # Cells are found by number: those far outside the viewport are not in the page.
        notebook = self.page.locator(f'[data-notebook="{self.path.name}"]')
        return notebook.locator(f'.jp-CodeCell[data-windowed-list-index="{index}"]')

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-OutputArea-output")

    def scroll_to(self, index: int) -> None:
        """Scroll a cell into the viewport."""
        self.page.evaluate(
            f"async (index) => {{ await {self._panel}.content.scrollToItem(index); }}",
            index,
        )

    def panel(self, index: int) -> Locator:
        return self.cell(index).locator(".nbs-panel")

    def wait_frozen(self, index: int) -> Locator:
        """Wait until ordinary output has replaced the panel; return that output."""
        # `expect` polls up to once a second, which is expensive with a large panel. If
        # this times out, `expect` reports the state best.
        with contextlib.suppress(PlaywrightTimeoutError):
            self.page.wait_for_function(
                """(index) => {
                    const cell = `.jp-CodeCell[data-windowed-list-index="${index}"]`;
                    return (
                        document.querySelector(`${cell} .nbstream-snapshot`) !== null &&
                        document.querySelector(`${cell} .nbs-panel`) === null
                    );
                }""",
                arg=index,
                polling=50,
            )
        snapshot = self.cell(index).locator(".nbstream-snapshot")
        expect(snapshot).to_be_visible(timeout=TIMEOUT_MS)
        expect(self.panel(index)).to_have_count(0)
        return snapshot

    def save(self) -> Any:
        """Save, and return the notebook as it is in the file."""
        self.page.evaluate(f"async () => {{ await {self._panel}.context.save(); }}")
        return nbformat.read(self.path, as_version=4)

    def reload(self) -> None:
        self.page.reload()
        self.wait_for_kernel()

    def interrupt(self) -> None:
        self.page.evaluate(
            f"() => {self._panel}.sessionContext.session.kernel.interrupt()"
        )

    def restart_kernel(self) -> None:
        self.page.evaluate(
            f"async () => {{ await {self._panel}.sessionContext.restartKernel(); }}"
        )
        self.wait_for_kernel()

    def shut_kernel_down(self) -> None:
        self.page.evaluate(
            f"async () => {{ await {self._panel}.sessionContext.shutdown(); }}"
        )

    def evaluate(self, expression: str) -> str:
        """Return the value of a Python expression in the kernel, without running a
        cell."""
        found = self.page.evaluate(
            f"""async (expression) => {{
                const kernel = {self._panel}.sessionContext.session.kernel;
                const future = kernel.requestExecute({{
                    code: '', user_expressions: {{ it: expression }},
                    store_history: false, allow_stdin: true, silent: true,
                }});
                const reply = await future.done;
                return reply.content.user_expressions.it;
            }}""",
            expression,
        )
        assert found["status"] == "ok", found
        return str(found["data"]["text/plain"])

    def close(self) -> None:
        self.page.close()


def panel_text(locator: Locator) -> Locator:
    return locator.locator(".nbs-text")
