"""xeus-python: a kernel in C++ in place of ipykernel."""

from __future__ import annotations

from .pages import JupyterHost


class XeusPython(JupyterHost):
    name = "xeus-python"
    requirements = ("xeus-python", "jupyterlab")
    named = ("xeus-python", "xeus-python-shell")
    kernel = "xpython"
    sentence = "Its shell does not say which request runs; a page is assumed."
