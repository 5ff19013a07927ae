"""Jupyter Notebook 7."""

from __future__ import annotations

from .pages import JupyterHost


class Notebook7(JupyterHost):
    name = "notebook"
    requirements = ("notebook>=7.5,<8",)
    named = ("notebook",)
    app = "notebook"
    sentence = "Everything works; CI runs it."
