"""Run nbstream in notebook hosts that CI does not have, and write docs/hosts.md.

    python -m tests.hosts            every host
    python -m tests.hosts NAMES      some of them; the other rows of the page stay

Each host has its own virtual environment, made on the first run. A host is a file here
and a row in `HOSTS`.
"""

from __future__ import annotations

from .base import Host
from .collaboration import Collaboration
from .jupyter_cache import JupyterCache
from .jupyter_server_documents import JupyterServerDocuments
from .jupyter_server_nbmodel import JupyterServerNbmodel, JupyterServerNbmodelShared
from .jupyterhub import JupyterHub
from .jupyterlab import JupyterLab, JupyterLabOldest
from .notebook7 import Notebook7
from .xeus_python import XeusPython

__all__ = ["HOSTS"]

HOSTS: tuple[Host, ...] = (
    JupyterLab(),
    JupyterLabOldest(),
    Notebook7(),
    JupyterHub(),
    Collaboration(),
    JupyterServerDocuments(),
    JupyterServerNbmodel(),
    JupyterServerNbmodelShared(),
    XeusPython(),
    JupyterCache(),
)
