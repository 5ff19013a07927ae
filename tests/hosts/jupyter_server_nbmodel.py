"""jupyter_server_nbmodel: the server runs the cells."""

from __future__ import annotations

from .pages import JupyterHost

_SENTENCE = (
    "The output is refreshed by the page, in which the panel's code runs although no "
    "widget is drawn: the server's cells are not trusted until *Trust Notebook*, and "
    "the server drops display updates. Cancel by name."
)


class JupyterServerNbmodel(JupyterHost):
    name = "jupyter-server-nbmodel"
    requirements = ("jupyter-server-nbmodel", "jupyterlab")
    named = ("jupyter-server-nbmodel",)
    sentence = _SENTENCE


class JupyterServerNbmodelShared(JupyterHost):
    """The same where jupyter-collaboration keeps the document."""

    name = "jupyter-server-nbmodel-shared"
    requirements = ("jupyter-server-nbmodel", "jupyter-collaboration", "jupyterlab")
    named = ("jupyter-server-nbmodel", "jupyter-collaboration")
    sentence = _SENTENCE
