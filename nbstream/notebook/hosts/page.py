"""A page with the notebook in it: JupyterLab, Notebook 7, VS Code."""

from __future__ import annotations

from .kernel import PageHost
from .surroundings import Surroundings


class Page(PageHost):
    """Names its cells, or has a kernel that a Jupyter server started for a notebook, or
    has sent a widget's message.

    It may still draw no panel, as in a notebook that is not trusted: see
    `notebook/outputs/refreshing.py`.
    """

    name = "page"

    def is_detected(self, here: Surroundings) -> bool:
        return here.cell is not None or here.in_session or here.has_page
