"""A tool that runs in a notebook starts kernels, whose marks are not their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# What a tool does: it starts a kernel with its own environment and its process id.
TOOL = """
import os, subprocess, sys
environment = dict(os.environ, JPY_PARENT_PID=str(os.getpid()), **dict(
    pair.split("=") for pair in sys.argv[2:]))
subprocess.run([sys.executable, "-c", sys.argv[1]], env=environment, check=True)
"""
KERNEL = """
import os
from nbstream.notebook.cells.server_marks import drop_inherited_marks, is_in_session
from nbstream.notebook.hosts import Surroundings, detect_host
environment = drop_inherited_marks(os.environ)
in_session = is_in_session(environment)
here = Surroundings(has_kernel=True, in_session=in_session, environment=environment)
print(detect_host(here).name)
"""


def host_of(tool: dict[str, str], *added: str) -> str:
    """Return the host of a kernel that a tool with this environment starts, which adds
    these variables."""
    names = ("JPY_", "VOILA_", "SERVER_SOFTWARE")
    plain = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    command = [sys.executable, "-c", TOOL, KERNEL, *added]
    environment = plain | tool
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    "marks",
    [
        {"JPY_SESSION_NAME": "n.ipynb"},
        {"SERVER_SOFTWARE": "voila/0.5.13", "VOILA_BASE_URL": "/"},
    ],
)
def test_inherited_marks_do_not_count(marks: dict[str, str]) -> None:
    assert host_of(marks) == "headless"


def test_marks_of_the_server_that_starts_the_kernel_count() -> None:
    assert host_of({}, "JPY_SESSION_NAME=n.ipynb") == "server-side"
    assert host_of({}, "VOILA_BASE_URL=/") == "voila"
    # A server that was started from a notebook.
    inherited = {"JPY_SESSION_NAME": "n.ipynb"}
    assert host_of(inherited, "JPY_SESSION_NAME=another.ipynb") == "server-side"
