"""jupyter-server-documents: the server runs the cells and keeps the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .pages import JupyterHost

_UNTRUSTED = "https://github.com/jupyter-ai-contrib/jupyter-server-documents/issues/307"
_UPDATES = "https://github.com/jupyter-ai-contrib/jupyter-server-documents/issues/94"


class JupyterServerDocuments(JupyterHost):
    name = "jupyter-server-documents"
    requirements = ("jupyter-server-documents", "jupyterlab")
    named = ("jupyter-server-documents",)
    sentence = (
        "Cells wait for their streams, and their output is refreshed; an interrupt "
        "cancels. The server's cells are not trusted, so no widget is drawn until "
        "*Trust Notebook*; a display update adds an output during the cell and is "
        "dropped after it. So without its page the cell's outputs are cleared and "
        "displayed again, but for what it has printed."
    )
    issues: ClassVar[Mapping[str, str]] = {
        "live": _UNTRUSTED,
        "after the cell": _UPDATES,
        "cancel": _UNTRUSTED,
        "reload": _UNTRUSTED,
        "saved": _UPDATES,
        "reopened": _UPDATES,
    }
