"""Let widgets have other comms than those of the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import comm
import ipywidgets
from comm.base_comm import BaseComm


def replace_comms(
    make: Callable[..., BaseComm], set_attribute: Callable[[Any, str, Any], None]
) -> None:
    """Let every widget that is created from now on have a comm of this function."""
    set_attribute(comm, "create_comm", make)
    widget = ipywidgets.widgets.widget
    if hasattr(widget, "Comm"):  # ipywidgets 7, which takes ipykernel's comms only
        set_attribute(widget, "Comm", make)
        set_attribute(ipywidgets.Widget.comm, "klass", BaseComm)
