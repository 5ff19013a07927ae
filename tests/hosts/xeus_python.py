"""xeus-python: a kernel in C++ in place of ipykernel."""

from __future__ import annotations

from .pages import JupyterHost


class XeusPython(JupyterHost):
    name = "xeus-python"
    requirements = ("xeus-python", "jupyterlab")
    named = ("xeus-python", "xeus-python-shell")
    kernel = "xpython"
    sentence = (
        "A kernel in C++, whose shell does not say which request runs, so a page is "
        "assumed. A page that is reloaded gets no widget back from it."
    )
