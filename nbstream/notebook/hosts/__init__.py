"""Where cells run, one file a host: JupyterLab, a tool, a terminal, Colab."""

from __future__ import annotations

from .base import Host
from .colab import Colab
from .console import Console
from .headless import Captured, Headless, RefreshedHeadless
from .lite import Lite
from .page import Page
from .server_side import ServerSide
from .surroundings import Surroundings
from .terminal import Terminal
from .voila import Voila

__all__ = ["AUTO", "HOSTS", "Host", "Surroundings", "detect_host", "host_names"]

HOSTS: tuple[Host, ...] = (
    Terminal(),
    Captured(),
    # Those with marks of their own, before what any kernel may have.
    Voila(),
    Colab(),
    Lite(),
    ServerSide(),
    Page(),
    Console(),
    RefreshedHeadless(),
    Headless(),
)
"""Every host, in the order of detection; the last one takes whatever is left."""

AUTO = "auto"
_SETTING = "NBSTREAM_HOST"
_NOT_CHOSEN = {Terminal.name, Captured.name}


def detect_host(here: Surroundings, chosen: str = AUTO) -> Host:
    """Return the host with the chosen name, or the first that these surroundings are
    signs of.

    Args:
        here: what is known of the place.
        chosen: the name of a host; `auto` detects it, unless the environment variable
            `NBSTREAM_HOST` names one for kernels.

    Raises:
        ValueError: if no host has that name.
    """
    detected = next(host for host in HOSTS if host.is_detected(here))
    if chosen == AUTO and here.has_kernel:
        chosen = here.environment.get(_SETTING) or AUTO
    # What a cell keeps of its displays is not a matter of the place.
    if chosen == AUTO or detected.name == Captured.name:
        return detected
    for host in HOSTS:
        if host.name == chosen and chosen not in _NOT_CHOSEN:
            return host
    known = ", ".join([AUTO, *host_names()])
    raise ValueError(f"Expected {_SETTING} to be one of {known}, got {chosen!r}.")


def host_names() -> list[str]:
    """Return the names that a setting may have: not those that depend on the cell, or
    need a shell without a kernel."""
    return [host.name for host in HOSTS if host.name not in _NOT_CHOSEN]
