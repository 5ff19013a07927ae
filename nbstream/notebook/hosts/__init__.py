"""Where cells run, one file a host: JupyterLab, a tool, a terminal, Colab."""

from __future__ import annotations

from .base import Host, Surroundings
from .colab import Colab
from .headless import Headless
from .page import Page
from .terminal import Terminal

__all__ = ["HOSTS", "Host", "Surroundings", "detect_host"]

HOSTS: tuple[Host, ...] = (Terminal(), Headless(), Colab(), Page())
"""Every host, in the order of detection; the last one takes whatever is left."""


def detect_host(here: Surroundings) -> Host:
    """Return the first host that these surroundings are signs of."""
    return next(host for host in HOSTS if host.is_detected(here))
