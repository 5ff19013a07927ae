"""jupyter_server_nbmodel: the server runs the cells."""

from __future__ import annotations

from .pages import JupyterHost


class JupyterServerNbmodel(JupyterHost):
    name = "jupyter-server-nbmodel"
    requirements = ("jupyter-server-nbmodel", "jupyterlab")
    named = ("jupyter-server-nbmodel",)
    sentence = (
        "Without jupyter-collaboration the page gets outputs when the cell has ended. "
        "Cells that the server runs are not trusted, so no widget is drawn."
    )


class JupyterServerNbmodelShared(JupyterHost):
    name = "jupyter-server-nbmodel-shared"
    requirements = ("jupyter-server-nbmodel", "jupyter-collaboration", "jupyterlab")
    named = ("jupyter-server-nbmodel", "jupyter-collaboration")
    sentence = (
        "With jupyter-collaboration. Cells that the server runs are not trusted, so no "
        "widget is drawn until the notebook is trusted by hand; display updates are "
        "dropped."
    )
