"""Whether this Python can open sockets."""

from __future__ import annotations

import sys

NO_SOCKETS = (
    "Python in a browser (Pyodide) has no sockets, and nbstream cannot use the "
    "browser's fetch yet"
)
"""Why no server is reached, where none can be."""


def has_sockets() -> bool:
    """Return whether sockets can be opened, which Pyodide in a browser cannot."""
    return sys.platform != "emscripten"
