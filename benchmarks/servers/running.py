"""Install real servers outside the project, and run them on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

APPS = Path(__file__).parent / "apps"
ROOT = Path(__file__).parents[2]
START = 90.0
"""Seconds that a server may take to listen."""


class NotRunning(Exception):
    """A server cannot be installed or started; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Server:
    """A program that serves streams.

    Attributes:
        name: its name in the table.
        packages: its packages from PyPI.
        command: its command, with `{python}`, `{bin}`, `{apps}` and `{port}` replaced.
        node: packages from npm instead; `{node}` is their folder.
        ports: how many ports it listens on, where `{port}` is the first and `{ports}`
            are all of them.
    """

    name: str
    command: Sequence[str]
    packages: Sequence[str] = ()
    node: Sequence[str] = ()
    ports: int = 1


@contextmanager
def run_server(server: Server, cache: Path) -> Iterator[list[str]]:
    """Install a server into `cache` unless it is there, run it, and yield its origins,
    one a port.

    Raises:
        NotRunning: if it could not be installed or started.
    """
    folder = cache / server.name.replace("/", "-").replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    python = _install_node(server, folder) if server.node else _install(server, folder)
    ports = [_free_port() for _ in range(server.ports)]
    words = {
        "python": python,
        "bin": str(Path(python).parent),
        "apps": str(APPS),
        "node": str(folder),
        "port": str(ports[0]),
        "folder": str(folder),
    }
    command: list[str] = []
    for part in server.command:
        if part == "{ports}":
            command += map(str, ports)
        else:
            command.append(part.format_map(words))
    log = folder / "server.log"
    path = os.pathsep.join([str(APPS), str(ROOT)])
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        try:
            for port in ports:
                _wait_for(port, process, log)
            yield [f"http://127.0.0.1:{port}" for port in ports]
        finally:
            _stop(process)


def _install(server: Server, folder: Path) -> str:
    """Install a server's packages in a virtual environment, and return its Python."""
    if not server.packages:
        return sys.executable
    python = folder / "venv" / "bin" / "python"
    wanted = "\n".join(server.packages)
    done = folder / "installed"
    if not done.exists() or done.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], folder)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        _run([*pip, *server.packages], folder)
        done.write_text(wanted)
    return str(python)


def _install_node(server: Server, folder: Path) -> str:
    """Install a server's packages from npm, and return the Node that runs it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotRunning("Node is not installed")
    wanted = "\n".join(server.node)
    done = folder / "installed"
    if not done.exists() or done.read_text() != wanted:
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        _run([npm, "install", "--silent", *server.node], folder)
        done.write_text(wanted)
    # Node resolves packages from the folder of the module.
    for app in APPS.glob("*.mjs"):
        shutil.copy(app, folder)
    return node


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotRunning(f"did not install: {_reason(done.stderr or done.stdout)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise NotRunning(f"did not start: {_reason(log.read_text())}")


def _reason(output: str) -> str:
    """Return the last line of a program's output that names an error, else the last."""
    lines = [line for line in output.splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if "Error" in line), lines[-1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and the processes that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
