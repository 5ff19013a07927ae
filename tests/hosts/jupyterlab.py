"""JupyterLab as it is, and the oldest that is supported."""

from __future__ import annotations

from .pages import JupyterHost


class JupyterLab(JupyterHost):
    name = "jupyterlab"
    requirements = ("jupyterlab>=4.6,<4.7", "ipykernel>=7")
    sentence = "Everything works; CI runs it."


class JupyterLabOldest(JupyterHost):
    name = "jupyterlab-4.4"
    requirements = ("jupyterlab>=4.4,<4.5", "ipykernel>=6.29,<6.30")
    sentence = "The oldest that is supported; its kernel has no subshells."
